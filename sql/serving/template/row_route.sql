      {when:s} then
        dbml_arm := {arm:L};
        dbml_version := {version:s};
{score:s}
