"""Wrong boxes move as stated, and cost what an engine that answers the mean shape must lose."""

import numpy as np
import pytest

from model_zoo.datasets import synthetic
from model_zoo.evaluation.crops import in_picture, mean_shape
from model_zoo.evaluation.metrics import image_errors
from model_zoo.evaluation.robustness import SHIFTS, SIZES, box_error_costs, erring_boxes, moved_boxes


@pytest.fixture(scope="module")
def faces():
    return synthetic.generate(people=8, pictures_each=1, seed=2)


def test_boxes_move_by_the_stated_part_of_their_side(faces):
    moved = moved_boxes(faces, 0.1, 1.2)
    centre = faces.boxes[:, :2] + faces.boxes[:, 2:] / 2
    found = moved.boxes[:, :2] + moved.boxes[:, 2:] / 2
    np.testing.assert_allclose(np.hypot(*(found - centre).T), 0.1 * faces.boxes[:, 2], rtol=1e-4)
    np.testing.assert_allclose(found[0] - centre[0], [0.1 * faces.boxes[0, 2], 0], atol=1e-3)
    np.testing.assert_allclose(moved.boxes[:, 2], 1.2 * faces.boxes[:, 2], rtol=1e-6)


def test_a_larger_shift_costs_a_blind_engine_more(faces):
    mean = mean_shape(faces, 1.2)

    def blind(data):
        boxes = [data.crop_box(row, 1.2) for row in range(len(data))]
        return image_errors(in_picture(np.stack([mean] * len(data)), boxes), data.points, data.norms).mean()

    costs = box_error_costs(faces, blind)
    assert costs["shift 0.03"] < costs["shift 0.06"] < costs["shift 0.10"]
    assert set(costs) == {f"shift {s:.2f}" for s in (0.03, 0.06, 0.1)} | {
        f"size {s:.2f}" for s in (0.9, 0.95, 1.05, 1.1)
    }


def test_erring_boxes_go_through_all_errors_by_turns(faces):
    data = faces.take(np.arange(120) % len(faces))
    wrong = erring_boxes(data)
    centre = data.boxes[:, :2] + data.boxes[:, 2:] / 2
    moved = np.hypot(*(wrong.boxes[:, :2] + wrong.boxes[:, 2:] / 2 - centre).T) / data.boxes[:, 2]
    scale = wrong.boxes[:, 2] / data.boxes[:, 2]
    np.testing.assert_allclose(moved, np.resize(SHIFTS, 120), rtol=1e-3)
    np.testing.assert_allclose(scale, np.resize((1.0, *SIZES), 120), rtol=1e-5)
    assert len({(round(float(m), 2), round(float(s), 2)) for m, s in zip(moved, scale, strict=True)}) == 15
    assert erring_boxes(data.take(np.arange(1))).boxes.shape == (1, 4)
