{cleared:s}
{recorded:s}
