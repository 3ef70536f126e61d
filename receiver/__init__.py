"""The processes of postbus: the doors that take mail, the pipeline that reads it, the renderer, the command line."""
