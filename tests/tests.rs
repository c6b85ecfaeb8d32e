//! Tests from outside: the program as a process, and the rules that the sources keep. One binary, since each further
//! one would link libtorch and egui again.

mod architecture;
