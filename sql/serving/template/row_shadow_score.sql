        dbml_shadow := {score:s};
