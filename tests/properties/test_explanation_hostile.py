"""An explained reply never lets the reply out live, and every reply can be explained and printed."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from probe.explanation import explain, to_json
from probe.model.reply import Stage
from probe.report.json_text import json_text
from probe.report.style import Style
from tests.properties.test_report_hostile import HOSTILE, REFERENCES, live
from tests.support.markdown_live import live_in
from tests.support.rendering import to_markdown, to_text

codes = st.sampled_from(["", "250 ", "421 ", "450 4.2.0 ", "550 5.1.1 ", "554-5.7.1 a\r\n554 5.7.1 "])
texts = st.builds(
    "{}{}{}".format,
    codes,
    st.one_of(st.sampled_from([*HOSTILE, *REFERENCES]), st.text(max_size=30)),
    st.sampled_from([*HOSTILE, *REFERENCES]),
)
stages = st.sampled_from([None, Stage.GREETING, Stage.RCPT, Stage.END_OF_DATA])


@given(texts, stages, st.sampled_from(HOSTILE))
def test_text_and_json_are_never_live(text: str, stage: Stage | None, host: str) -> None:
    explanation = explain(text, stage, host)
    assert live(to_text(explanation, Style(width=60))) == []
    line = json_text(to_json(explanation))
    assert live(line) == [] and "\n" not in line
    json.loads(line.encode("utf-8"))


@given(texts, stages)
def test_markdown_has_no_element_of_the_reply(text: str, stage: Stage | None) -> None:
    rendered = to_markdown(explain(text, stage))
    assert live(rendered) == []
    assert live_in(rendered) == []
