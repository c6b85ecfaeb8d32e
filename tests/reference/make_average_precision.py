"""Average precision of random boxes by pycocotools, to hold src/found/score/digits.rs to.

python -m pip install pycocotools==2.0.11 numpy; python make_average_precision.py > average_precision.json
"""

import contextlib
import json
import random
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

random.seed(11)
truths, found = [], []
for _ in range(40):
    boxes = []
    for _ in range(random.randint(0, 5)):
        boxes.append([random.randint(0, 9), random.randint(0, 90), random.randint(0, 90), random.randint(4, 30), random.randint(10, 40)])
    truths.append(boxes)
    candidates = []
    for digit, x, y, w, h in boxes:
        for _ in range(random.randint(0, 3)):
            off = lambda: random.randint(-3, 3)
            seen = digit if random.random() < 0.8 else random.randint(0, 9)
            candidates.append([seen, random.randint(20, 999) / 1000, x + off(), y + off(), max(2, w + off()), max(2, h + off())])
    for _ in range(random.randint(0, 3)):
        candidates.append([random.randint(0, 9), random.randint(20, 700) / 1000, random.randint(0, 90), random.randint(0, 90), random.randint(4, 30), random.randint(10, 40)])
    found.append(candidates)

annotations, results = [], []
for image, (boxes, candidates) in enumerate(zip(truths, found), 1):
    for digit, *box in boxes:
        annotations.append({"id": len(annotations) + 1, "image_id": image, "category_id": digit + 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0})
    for digit, score, *box in candidates:
        results.append({"image_id": image, "category_id": digit + 1, "bbox": box, "score": score})

with contextlib.redirect_stdout(sys.stderr):
    coco = COCO()
    coco.dataset = {"info": {}, "images": [{"id": i + 1} for i in range(len(truths))], "categories": [{"id": c + 1, "name": str(c)} for c in range(10)], "annotations": annotations}
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()

json.dump({"truths": truths, "found": found, "ap": evaluation.stats[0], "ap_50": evaluation.stats[1]}, sys.stdout)
print()
