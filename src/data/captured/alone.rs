//! One number of a picture by itself: what nobody labelled would teach that there is nothing.

use super::super::marks::Area;
use image::RgbImage;
use image::imageops::crop_imm;

/// What is left around a number where others are cut away, in its heights.
const AROUND: f32 = 1.0;

/// The part of a picture around these boxes, which are moved to where they are on it; `None` where there is none, or it
/// lies outside.
pub fn alone(picture: &RgbImage, boxes: &mut [Area]) -> Option<RgbImage> {
    let whole = boxes.iter().copied().reduce(|a, b| a.around(&b))?;
    let margin = whole.h * AROUND;
    let (width, height) = picture.dimensions();
    let [left, top] = [whole.x - margin, whole.y - margin].map(|edge| edge.max(0.0) as u32);
    let right = ((whole.right() + margin) as u32).min(width);
    let bottom = ((whole.bottom() + margin) as u32).min(height);
    if left >= right || top >= bottom {
        return None;
    }
    for area in boxes {
        area.x -= left as f32;
        area.y -= top as f32;
    }
    Some(crop_imm(picture, left, top, right - left, bottom - top).to_image())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_move_with_what_is_left() {
        let picture = RgbImage::from_fn(100, 80, |x, y| image::Rgb([x as u8, y as u8, 0]));
        let mut boxes =
            [Area { x: 30.0, y: 40.0, w: 8.0, h: 10.0 }, Area { x: 40.0, y: 41.0, w: 8.0, h: 10.0 }];
        let left = alone(&picture, &mut boxes).expect("it lies on the picture");
        assert_eq!((left.dimensions(), left.get_pixel(0, 0).0), ((40, 33), [19, 29, 0]));
        assert_eq!((boxes[0].x, boxes[0].y, boxes[1].x, boxes[1].y), (11.0, 11.0, 21.0, 12.0));
        assert!(alone(&picture, &mut []).is_none());
        assert!(alone(&picture, &mut [Area { x: 300.0, y: 0.0, w: 8.0, h: 10.0 }]).is_none());
    }
}
