from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from assistant.encoder.windows import OVERLAP, ROOM, cut, pool, stitch


def test_cut_covers_every_token_with_the_promised_overlap():
    for count in range(1300):
        spans = cut(count)
        assert spans[0][0] == 0 and spans[-1][1] == count
        assert all(end - start <= ROOM for start, end in spans)
        assert all(before[1] - after[0] == OVERLAP for before, after in pairwise(spans))
        assert len(spans) == 1 or spans[-1][1] - spans[-1][0] > OVERLAP


@pytest.mark.parametrize(("count", "windows"), [(0, 1), (254, 1), (255, 2), (444, 2), (445, 3)])
def test_cut_at_the_edges(count, windows):
    assert len(cut(count)) == windows


def test_stitch_takes_each_token_once_from_the_window_whose_cut_is_further_away():
    for count in (0, 1, 254, 255, 444, 445, 1000):
        spans = cut(count)
        rows = [np.array([(i, w) for i in range(*span)]).reshape(-1, 2) for w, span in enumerate(spans)]
        stitched = stitch(rows, spans)
        assert stitched[:, 0].tolist() == list(range(count))
        for i, taken in stitched:
            distance = {
                w: min(i - start if w else count, end - 1 - i if w < len(spans) - 1 else count)
                for w, (start, end) in enumerate(spans)
                if start <= i < end
            }
            assert distance[taken] == max(distance.values())


def test_pool_weighs_by_tokens_and_keeps_one_window_as_it_is():
    vectors = np.array([[1, 0], [0, 1]], dtype=np.float32)
    assert np.allclose(pool(vectors, [(0, 30), (0, 40)]), [0.6, 0.8])
    assert pool(vectors[:1], [(0, 0)]).tolist() == [1, 0]
