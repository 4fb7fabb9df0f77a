from __future__ import annotations

import pandas as pd
import pytest

import kosdata as kd
from kosdata.errors import ArgumentError
from kosdata.wire.client import Client


def test_what_failed_is_listed_by_code(client: Client) -> None:
    df = kd.history(["005930", "999999", "888888"], "2024-01-10", on_error="collect")
    failed = kd.failures(df)
    assert failed.index.tolist() == ["999999", "888888"] and failed.index.name == "code"
    assert failed.columns.tolist() == ["error", "message", "endpoint", "retriable"]
    assert failed["error"].unique().tolist() == ["NotFoundError"]
    assert not failed["retriable"].any()
    assert "999999" in failed.loc["999999", "message"]
    assert df.index.unique("code").tolist() == ["005930"]


def test_nothing_failed_is_a_frame_of_the_same_dtypes(client: Client) -> None:
    some = kd.failures(kd.history(["005930", "999999"], "2024-01-10", on_error="collect"))
    none = kd.failures(kd.history(["005930"], "2024-01-10", on_error="collect"))
    assert none.empty
    pd.testing.assert_series_equal(none.dtypes, some.dtypes)
    assert none.index.dtype == some.index.dtype == "str"
    assert str(none["retriable"].dtype) == "boolean"


@pytest.mark.parametrize("wrong", [pd.DataFrame({"a": [1]}), None, "005930"])
def test_a_frame_that_does_not_say_where_it_came_from_is_refused(wrong: object) -> None:
    with pytest.raises(ArgumentError, match="attrs"):
        kd.failures(wrong)  # type: ignore[arg-type]
