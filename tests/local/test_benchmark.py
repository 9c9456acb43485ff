"""The command `benchmark`: that it works; how fast it is, is no test's business."""

from importlib import import_module

import pytest

from dext_sync.local import benchmark
from dext_sync.local.benchmark import Row


def test_every_name_has_its_measurement() -> None:
    for name in benchmark.NAMES:
        assert callable(import_module(f"tests.benchmarks.{name}").measure)


def test_the_names_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--list"]) == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines()] == list(benchmark.NAMES)


def test_a_name_that_it_does_not_know_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        benchmark.main(["speed"])
    assert "invalid choice" in capsys.readouterr().err


def test_the_table_says_what_was_measured_and_whether_its_aim_is_met() -> None:
    rows = [
        Row("refresh", "calls", "25", "≤ 26", is_met=True),
        Row("click", "p95", "900 ms", "≤ 400 ms", is_met=False),
    ]

    lines = benchmark.table(rows).splitlines()

    assert [line.split("  ")[0] for line in lines] == ["name", "refresh", "click"]
    assert lines[1].endswith("met")
    assert lines[2].endswith("NOT MET")
