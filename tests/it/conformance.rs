//! Every format in the list passes the same cases. A new format is tested by being there; it
//! only has to say, in [`readers`], how its amounts are read back.

mod cases;
mod readers;
mod strings;
