//! Where a point of the frame is on the screen, mirrored or not, and back.

use crate::data::Area;
use egui::{Pos2, Rect, pos2};

/// The frame as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where it is on the screen.
    pub rect: Rect,
    /// Its own columns and rows.
    pub size: [f32; 2],
    /// Whether left is right.
    pub mirror: bool,
}

impl Place {
    /// As large as fits into `room`, in its middle.
    pub fn fit(room: Rect, size: (u32, u32), mirror: bool) -> Self {
        let size = [size.0.max(1) as f32, size.1.max(1) as f32];
        let scale = (room.width() / size[0]).min(room.height() / size[1]).max(1e-3);
        let rect = Rect::from_center_size(room.center(), egui::vec2(size[0], size[1]) * scale);
        Self { rect, size, mirror }
    }

    /// A point of the frame on the screen.
    pub fn point(&self, x: f32, y: f32) -> Pos2 {
        let (across, down) = (x / self.size[0], y / self.size[1]);
        let across = if self.mirror { 1.0 - across } else { across };
        pos2(self.rect.left() + across * self.rect.width(), self.rect.top() + down * self.rect.height())
    }

    /// A point of the screen on the frame, in its pixels.
    pub fn back(&self, at: Pos2) -> [f32; 2] {
        let across = (at.x - self.rect.left()) / self.rect.width().max(1e-3);
        let across = if self.mirror { 1.0 - across } else { across };
        let down = (at.y - self.rect.top()) / self.rect.height().max(1e-3);
        [across * self.size[0], down * self.size[1]]
    }

    /// A box of the frame on the screen.
    pub fn area(&self, area: &Area) -> Rect {
        Rect::from_two_pos(self.point(area.x, area.y), self.point(area.right(), area.bottom()))
    }

    /// Points of the screen in a pixel of the frame.
    pub fn scale(&self) -> f32 {
        self.rect.width() / self.size[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_go_there_and_back_mirrored_too() {
        let room = Rect::from_min_max(pos2(10.0, 20.0), pos2(410.0, 220.0));
        for mirror in [false, true] {
            let place = Place::fit(room, (640, 480), mirror);
            assert!((place.rect.height() - 200.0).abs() < 1e-3 && place.rect.center() == room.center());
            for at in [[0.0, 0.0], [640.0, 480.0], [17.0, 300.0]] {
                let [x, y] = place.back(place.point(at[0], at[1]));
                assert!((x - at[0]).abs() < 0.01 && (y - at[1]).abs() < 0.01);
            }
            let area = place.area(&Area { x: 0.0, y: 0.0, w: 64.0, h: 48.0 });
            assert_eq!(area.left() < room.center().x, !mirror);
            assert!((area.width() - 64.0 * place.scale()).abs() < 0.01);
        }
    }
}
