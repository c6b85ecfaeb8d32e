//! Tests from outside: the program as a process, and the rules that the sources keep. One binary, since each further
//! one would link libtorch and egui again.

mod architecture;
mod cli_bad_input;
mod cli_captured;
mod cli_control;
mod cli_curate;
mod cli_hand_over;
mod cli_look;
mod cli_mine;
mod cli_read;
mod cli_slurm;
mod cli_sweep;
mod cli_train;
mod crew;
mod fabricate;
mod pictures;
mod pictures_camera;
mod pictures_inspect;
mod pictures_sweep;
mod util;
mod window;
