//! What to install where this program does not install it: other Linux systems, macOS and Windows.

use std::fs;
use std::path::Path;

use crate::repo::{find_program, non_empty};
use crate::say;

/// One family of systems: the program that gives it away, and its installation lines.
struct Family {
    program: &'static str,
    to_run: &'static str,
    to_test: &'static str,
}

const FAMILIES: [Family; 3] = [
    Family {
        program: "dnf",
        to_run: "sudo dnf install gcc-c++ clang-devel pkgconf-pkg-config libxkbcommon-x11 libXcursor libXi libXrandr \
                 mesa-dri-drivers mesa-libEGL mesa-libGL",
        to_test: "sudo dnf install mesa-vulkan-drivers xorg-x11-server-Xvfb xdotool",
    },
    Family {
        program: "pacman",
        to_run: "sudo pacman -S --needed base-devel clang pkgconf libxkbcommon-x11 libxcursor libxi libxrandr mesa",
        to_test: "sudo pacman -S --needed vulkan-swrast xorg-server-xvfb xdotool",
    },
    Family {
        program: "zypper",
        to_run: "sudo zypper install gcc-c++ clang-devel pkgconf libxkbcommon-x11-0 libXcursor1 libXi6 libXrandr2 Mesa-dri \
                 Mesa-libEGL1 Mesa-libGL1",
        to_test: "sudo zypper install Mesa-vulkan-device-select libvulkan_lvp xvfb-run xdotool",
    },
];

/// Says what to install when something is evidently missing; never fails, for these are guesses.
pub fn show(tests: bool) {
    if cfg!(target_os = "macos") && find_program("c++").is_none() {
        say::note("no C++ compiler was found; install Apple's with: xcode-select --install");
    }
    if !cfg!(target_os = "linux") {
        return;
    }
    let mut lacking = vec![];
    if find_program("g++").is_none() && find_program("c++").is_none() && non_empty("CXX").is_none() {
        lacking.push("a C++ compiler");
    }
    if find_program("pkg-config").is_none() {
        lacking.push("pkg-config");
    }
    if !has_libclang() {
        lacking.push("libclang");
    }
    let family = FAMILIES.iter().find(|family| find_program(family.program).is_some());
    if !lacking.is_empty() {
        let line = family
            .map_or("a C++ compiler, libclang, pkg-config and the X11, Wayland and OpenGL libraries", |f| {
                f.to_run
            });
        say::note(&format!("{} seems to be missing. Install:\n  {line}", lacking.join(" and ")));
    }
    if tests && find_program("Xvfb").is_none() {
        let line = family
            .map_or("Xvfb, xdotool and Mesa's Vulkan driver for the processor (lavapipe)", |f| f.to_test);
        say::note(&format!("some tests need a display in memory. Install:\n  {line}"));
    }
}

/// Looks where distributions put it; `LIBCLANG_PATH` is how the user says it.
fn has_libclang() -> bool {
    let holds_it = |folder: &Path| {
        let Ok(entries) = fs::read_dir(folder) else { return false };
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            (name.starts_with("libclang.so") || name.starts_with("libclang-")) && name.contains(".so")
        })
    };
    non_empty("LIBCLANG_PATH").is_some()
        || find_program("llvm-config").is_some()
        || ["/usr/lib64", "/usr/lib", "/usr/local/lib"].iter().any(|folder| holds_it(Path::new(folder)))
        || fs::read_dir("/usr/lib").is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                entry.file_name().to_string_lossy().starts_with("llvm") && holds_it(&entry.path().join("lib"))
            })
        })
}
