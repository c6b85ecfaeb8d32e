//! Folders of pictures in each layout, made here.

use super::super::progress::Silent;
use super::super::testing::{empty_places, png};
use super::*;
use image::{DynamicImage, GrayImage, Luma};

struct Case {
    folder: tempfile::TempDir,
    places: Places,
    _kept: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let (kept, places) = empty_places();
        Self { folder: tempfile::tempdir().expect("a temporary folder"), places, _kept: kept }
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
        std::fs::write(path, bytes).expect("it can be written");
    }

    fn picture(&self, name: &str, [w, h]: [u32; 2], grey: u8) {
        self.put(name, png(&DynamicImage::ImageLuma8(GrayImage::from_pixel(w, h, Luma([grey])))));
    }

    fn load(&self, mut settings: ImageFolder) -> Result<Dataset, DataError> {
        settings.folder = self.folder.path().display().to_string();
        settings.load(&self.places, &Silent)
    }
}

fn as_they_are() -> ImageFolder {
    ImageFolder { side: 0, test_share: 0.0, ..ImageFolder::default() }
}

#[test]
fn one_folder_a_class() {
    let case = Case::new();
    for (class, name) in ["10", "2", "x"].into_iter().enumerate() {
        for i in 0..10 {
            case.picture(&format!("{name}/{i}.png"), [28, 28], (class * 20 + i) as u8);
        }
    }
    case.put("x/broken.png", b"no picture");
    case.put("x/photo.heic", b"");
    case.picture("loose.png", [28, 28], 0);
    let dataset = case.load(ImageFolder::default()).expect("it is there");
    assert_eq!(dataset.classes, ["2", "10", "x"]);
    assert_eq!((dataset.train.len(), dataset.test.len(), dataset.train.sizes.is_none()), (24, 6, true));
    let row = (0..24).find(|row| dataset.train.name(*row) == "10/3.png").map_or(0, |row| row);
    assert_eq!((dataset.train.labels[row], dataset.train.image(row)[0]), (1, 3));
    for told in [
        "no picture of a known kind: x/broken.png",
        "cannot be read; save them as PNG or JPEG: x/photo.heic",
        "nothing says what it shows: loose.png",
    ] {
        assert!(
            dataset.warnings.iter().any(|warning| warning.contains(told)),
            "{told}: {:?}",
            dataset.warnings
        );
    }
    // A new picture is seen, although the data set is cached.
    case.picture("x/new.png", [28, 28], 99);
    assert_eq!(case.load(ImageFolder::default()).expect("it is there").train.len() + 6, 31);
}

#[test]
fn a_folder_without_one_picture_that_can_be_read_is_an_error() {
    let case = Case::new();
    case.put("a/1.png", b"no picture");
    case.put("b/2.png", b"none either");
    let told = case.load(ImageFolder::default()).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(told.contains("none of its pictures") && told.contains("a/1.png"), "{told}");
}

#[test]
fn parts_that_the_user_made_are_kept() {
    let case = Case::new();
    for (name, grey) in [("train/a/1.png", 1), ("train/b/2.png", 2), ("val/a/3.png", 3), ("test/b/4.png", 4)]
    {
        case.picture(name, [5, 5], grey);
    }
    let dataset = case.load(as_they_are()).expect("it is there");
    assert_eq!((dataset.train.len(), dataset.test.len(), dataset.test.labels[0]), (3, 1, 1));
    assert!(dataset.warnings[0].contains("validate on are learned from"), "{:?}", dataset.warnings);
    std::fs::remove_dir_all(case.folder.path().join("test")).expect("it can be removed");
    let dataset = case.load(as_they_are()).expect("it is there");
    assert_eq!((dataset.train.len(), dataset.test.image(0)[0]), (2, 3));
    // A test part alone is divided: there would be nothing to learn from.
    for part in ["train", "val"] {
        std::fs::remove_dir_all(case.folder.path().join(part)).expect("it can be removed");
    }
    for i in 0..5 {
        case.picture(&format!("test/a/{i}.png"), [5, 5], i);
    }
    let dataset = case.load(ImageFolder { test_share: 0.2, ..as_they_are() }).expect("it is there");
    assert_eq!((dataset.train.len(), dataset.test.len(), dataset.warnings.len()), (4, 1, 1));
}

#[test]
fn pictures_are_fitted_with_their_boxes() {
    let case = Case::new();
    // Half of it black, half of it white.
    let image = GrayImage::from_fn(40, 20, |x, _| Luma([if x < 20 { 0 } else { 255 }]));
    case.put("p.png", png(&image.into()));
    case.put("labels.csv", "file,label,x,y,w,h\np.png,7,0,0,20,20\np.png,3,20,0,20,20\n");
    let fitted = case.load(ImageFolder { side: 10, test_share: 0.0, ..ImageFolder::default() });
    let fitted = fitted.expect("it is there").train;
    assert_eq!((fitted.width, fitted.height, fitted.image(0)[22], fitted.image(0)[28]), (10, 10, 0, 255));
    let areas: Vec<[f32; 4]> =
        fitted.marks(0).iter().map(|m| [m.area.x, m.area.y, m.area.w, m.area.h]).collect();
    assert_eq!(areas, [[0.0, 2.5 - 0.5, 5.0, 5.0], [5.0, 2.0, 5.0, 5.0]]);
    let coloured =
        case.load(ImageFolder { colour: Colour::Rgb, ..as_they_are() }).expect("it is there").train;
    assert_eq!((coloured.channels, coloured.size(0), coloured.image(0).len()), (3, [40, 20], 2400));
}

#[test]
fn tables_may_be_written_in_many_ways_and_bad_lines_are_named() {
    for text in [
        "a.png,yes\nsub/b.png,no\n",
        "File;Label\n\"a.png\";yes\n.\\sub\\b.png;no\n",
        "label\tfilename\nyes\ta.png\nno\tsub/b.png\n",
    ] {
        let case = Case::new();
        case.picture("a.png", [3, 3], 1);
        case.picture("sub/b.png", [4, 3], 2);
        case.put("labels.csv", text);
        let dataset = case.load(as_they_are()).expect(text);
        assert_eq!(
            (dataset.kind, &dataset.classes[..]),
            (Kind::Classes, &["no".to_owned(), "yes".to_owned()][..])
        );
        assert_eq!((&dataset.train.labels[..], dataset.train.size(1)), (&[1, 0][..], [4, 3]), "{text}");
        assert_eq!(dataset.warnings, [""; 0], "{text}");
    }
    let case = Case::new();
    case.picture("a.png", [3, 3], 1);
    case.put("labels.csv", "file,label,x,y,w,h\na.png,1,0,0,2,2\na.png,1,zero,0,2,2\nnone.png,1,0,0,1,1\na.png,,0,0,1,1\na.png,1,0,0,0,1\n");
    let dataset = case.load(as_they_are()).expect("one line is good");
    let warnings = dataset.warnings.join("\n");
    for told in [
        "this is no number: labels.csv line 3 column 3",
        "no such picture: labels.csv line 4 column 1",
        "label is missing: labels.csv line 5 column 2",
        "its box is empty: labels.csv line 6 column 5",
    ] {
        assert!(warnings.contains(told), "{told}: {warnings}");
    }
}

#[test]
fn coco_boxes() {
    let case = Case::new();
    case.picture("images/p.png", [40, 20], 1);
    case.picture("images/empty.png", [40, 20], 2);
    case.put(
        "annotations/instances_train2017.json",
        r#"{"images": [{"id": 1, "file_name": "p.png"}, {"id": "two", "file_name": "empty.png"}, {"id": 3, "file_name": "gone.png"}],
            "categories": [{"id": 0, "name": "digits"}, {"id": 8, "name": "7"}, {"id": 4, "name": "3"}],
            "annotations": [{"image_id": 1, "category_id": 8, "bbox": [20, 1, 5, 9]},
                            {"image_id": 1, "category_id": 4, "bbox": [2, 1, 5, 9], "iscrowd": 0},
                            {"image_id": 1, "category_id": 4, "bbox": [2, 1, 5]},
                            {"image_id": 9, "category_id": 4, "bbox": [2, 1, 5, 9]},
                            {"image_id": 1, "category_id": 5, "bbox": [2, 1, 5, 9]},
                            {"image_id": 1, "category_id": 4, "bbox": [2, 1, 5, 9], "iscrowd": 1}]}"#,
    );
    let dataset = case.load(as_they_are()).expect("it is there");
    assert_eq!(
        (&dataset.classes[..], dataset.kind),
        (&["3".to_owned(), "7".to_owned()][..], Kind::Numbers { longest: 2 })
    );
    assert_eq!(dataset.train.labels[..], [0, 2]);
    let read: Vec<u8> = dataset.train.marks(1).iter().map(|mark| mark.class).collect();
    assert_eq!(read, [0, 1], "in reading order");
    assert_eq!(dataset.warnings.len(), 4, "{:?}", dataset.warnings);
    case.put("annotations/instances_train2017.json", r#"{"images": [], "annotations": "#);
    let message = case.load(as_they_are()).err().expect("it is cut").to_string();
    assert!(message.contains("boxes cannot be read"), "{message}");
}

#[test]
fn yolo_boxes_in_both_usual_places() {
    for (pictures, lists) in [("images/train", "labels/train"), ("train/images", "train/labels"), ("", "")] {
        let case = Case::new();
        case.picture(format!("{pictures}/a.png").trim_start_matches('/'), [40, 20], 1);
        case.picture(format!("{pictures}/none.png").trim_start_matches('/'), [40, 20], 1);
        case.put(
            format!("{lists}/a.txt").trim_start_matches('/'),
            "7 0.75 0.5 0.25 0.5\n3 0.25 0.5 0.25 0.5\noops\n",
        );
        let dataset = case.load(as_they_are()).expect("it is there");
        let train = &dataset.train;
        assert_eq!((&train.labels[..], dataset.classes.len()), (&[2, 0][..], 8));
        assert_eq!(train.marks(0)[0].class, 3);
        let area = train.marks(0)[1].area;
        assert_eq!([area.x, area.y, area.w, area.h], [25.0, 5.0, 10.0, 10.0]);
        assert!(dataset.warnings[0].contains("a.txt line 3"), "{:?}", dataset.warnings);
    }
}

#[test]
fn what_holds_no_labels_is_told() {
    let case = Case::new();
    let message = case.load(as_they_are()).err().expect("it is empty").to_string();
    assert!(message.contains("no picture with a label") && message.contains("labels.csv"), "{message}");
    let nowhere = ImageFolder { folder: "no/such".to_owned(), ..ImageFolder::default() };
    assert!(matches!(nowhere.available(&case.places), Availability::Missing { .. }));
    let unnamed = ImageFolder::default().load(&case.places, &Silent).err().expect("none is named");
    assert!(unnamed.to_string().contains("no folder is named"));
}
