"""What each visual says about the picture it is given."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from components.alert_cards import MOST, alert_cards
from components.alert_strip import alert_strip, worst
from components.alerts import alert_list
from components.chart import along
from components.feeds import feed_card, feed_cards, lamps
from components.forecast import figure, forecast_tile
from components.gates import gates_tile
from components.kpi import kpi_strip
from components.origin import origin_band
from components.queue import heads, queue_tile
from components.timeline import timeline
from components.track import distance_km, other_places, track_line
from components.yard import block_table, by_terminal, yard_tile
from domain.alert_banners import banners
from domain.disagreement import Elsewhere, Word
from domain.pictures import AlertRow, AlertsPicture, FeedState, ForecastsPicture, Picture, YardPicture
from locales import translate
from pages import _samples as samples
from tests.screens import pictures
from tests.screens.trees import having, prop, text

LANGS = ("zh_CN", "en")


@pytest.mark.parametrize("lang", LANGS)
def test_what_another_feed_says_stands_beside_what_is_shown(lang: str) -> None:
    row = pictures.inspection()
    assert not having(timeline(row, lang), "other-words")
    word = Word(
        feed="drop", said_at=pictures.NOW, fields={"platform": ("P1", "P2"), "direction": ("export", "import")},
        shown_feed="window", shown_at=pictures.NOW - timedelta(hours=5), dataset="lab_sample", part="2",
    )  # fmt: skip
    (said,) = having(
        timeline(msgspec.structs.replace(row, others=[word], flags=["feeds_disagree"]), lang), "other-words"
    )
    words = text(said)
    assert "drop" in words
    assert "window" in words
    assert translate(lang, "span.hours", h=5, m="00") in words  # so much older is the word that is shown
    assert f"{translate(lang, 'dataset.lab_sample')} 2" in words
    assert words.index("P1") < words.index("P2")
    assert translate(lang, "direction.import") in words
    assert having(said, "l3")


def test_the_yard_says_of_how_many_boxes_feeds_differ_and_only_then() -> None:
    yard = pictures.yard()
    assert not having(block_table(yard, "en", {}, 0.85), "disagreed")
    word = Word(
        feed="drop", said_at=pictures.NOW, fields={"block_id": ("A1", "B1")}, dataset="container_stay", part="C1"
    )
    (told,) = having(
        block_table(msgspec.structs.replace(yard, disagreed=3, others=[word]), "en", {}, 0.85), "disagreed"
    )
    assert translate("en", "yard.disagreed", n="3") in text(told)
    assert having(told, "other-words")


@pytest.mark.parametrize("lang", LANGS)
def test_another_feeds_place_is_told_and_marked_only_where_both_cannot_be_true(lang: str) -> None:
    place = Elsewhere(feed="tracker", seen_at=pictures.NOW, lon=120.2, lat=36.0, metres=90.4, shown_feed="own",
                      shown_at=pictures.NOW, disagree=False)  # fmt: skip
    near, never = other_places([place, msgspec.structs.replace(place, metres=90_400.0, disagree=True)], lang)
    assert ("90 m" in text(near), "90.4 km" in text(never)) == (True, True)
    assert (bool(having(near, "l3")), bool(having(never, "l3"))) == (False, True)


def test_a_tile_carries_the_age_of_its_feeds_not_of_its_drawing() -> None:
    tile = yard_tile(pictures.yard(), "en", {}, 0.85)
    assert prop(tile, "data-as-of") == "2026-11-22T06:00:00.000+00:00"
    assert prop(tile, "data-expected") == "30"
    assert having(tile, "age")


def test_blocks_above_the_line_are_marked_by_shape_and_the_others_are_not() -> None:
    tile = yard_tile(pictures.yard(), "en", {"qw1": "Phase I"}, 0.85)
    marked = having(tile, "over")
    assert [text(block) for block in marked] == ["93"]
    assert having(marked[0], "l3")
    assert "Phase I" in text(tile)
    assert "69.2 %" in text(tile)
    assert "+2.1 pt" in text(tile)


def test_a_block_without_capacity_shows_boxes_never_zero_percent() -> None:
    tile = yard_tile(pictures.yard(), "en", {}, 0.85)
    unknown = next(block for block in having(tile, "block") if "capacity unknown" in prop(block, "title"))
    assert text(unknown) == str(pictures.block("b1", "qw2", None).boxes)


def test_a_yard_of_unknown_capacity_shows_its_boxes_and_says_why_no_share() -> None:
    rows = [pictures.block("feed", "", None)]
    tile = yard_tile(YardPicture(as_of=pictures.NOW, rows=rows, boxes=18243, teu=30465), "en", {}, 0.85)
    assert "18,243" in text(tile)
    assert "no capacity" in text(tile)
    assert "%" not in text(tile)


def test_inspection_blocks_stand_in_a_group_of_their_own() -> None:
    assert [name for name, _ in by_terminal(pictures.yard().rows)] == ["qw1", "qw2", "inspection"]


@pytest.mark.parametrize("lang", LANGS)
def test_an_empty_tile_says_whether_data_are_awaited_or_there_is_nothing(lang: str) -> None:
    awaited = text(yard_tile(None, lang, {}, 0.85))
    nothing = text(yard_tile(YardPicture(as_of=pictures.NOW), lang, {}, 0.85))
    assert awaited != nothing
    assert having(yard_tile(None, lang, {}, 0.85), "empty")


def test_kpi_beyond_target_has_a_shape_and_a_word_and_an_unknown_one_says_so() -> None:
    farm, risk, samples = having(kpi_strip(pictures.kpis(), "en"), "kpi")
    assert "13.1" in text(farm)
    assert "target ≤ 15.1" in text(farm)
    assert "2022 baseline 13.7 (−4 %)" in " ".join(text(farm).split())
    assert "268" in text(farm)
    assert not having(farm, "l3")
    assert having(risk, "l3")
    assert "beyond target" in text(risk)
    assert "–" in text(samples)
    assert "nothing to compute" in text(samples)


def test_the_queue_gives_the_reason_in_words_and_marks_who_waits_too_long() -> None:
    tile = queue_tile(pictures.queue(), "en", {}, 1, view="q")
    assert "…300001: Place 1; AEO advanced: first" in text(tile)
    over = having(tile, "over")
    assert len(over) == 1
    assert having(over[0], "l2")
    assert "104 % of 4 h 00 used" in text(over[0])


def test_a_row_of_the_queue_tells_what_is_expected_what_would_move_it_and_where_its_source_has_it() -> None:
    picture = samples.queue(pictures.NOW)
    tile = queue_tile(picture, "en", {}, 1, view="q", whole=True)
    first, second = having(tile, "queue-table")[0].children[1].children
    assert "starts 15:15 (14:55–15:50); done 16:10 (15:30–17:10); 80 % interval by 41 days" in prop(
        first, "data-reason"
    )
    assert "What would move it: up one place with each of the 2 ahead" in prop(second, "data-reason")
    assert "The source has it at 13, the rule at 2: exports before imports" in prop(second, "data-reason")
    assert text(having(tile, "queue-source")[0]) == "The source's own order: 7 of 123 pairs against the rule"
    unknown = queue_tile(picture, "en", {}, 2, view="q")
    assert "fewer than 5 days alike" in text(unknown)
    assert not having(unknown, "queue-source")


def test_the_queue_of_all_platforms_names_them_and_each_has_a_button_with_its_number() -> None:
    tile = queue_tile(pictures.queue(), "zh_CN", {}, 0, view="q")
    cells = having(tile, "q-platform")
    assert [text(cell) for cell in cells] == ["平台", "北1", "北1", "南2"]
    buttons = having(tile, "platforms")[0].children
    assert [prop(button, "data-show-view") for button in buttons] == ["q-0", "q-1", "q-2"]
    assert [prop(button, "aria-pressed") for button in buttons] == ["true", "false", "false"]


def test_heads_shows_the_first_of_every_platform_when_not_all_fit() -> None:
    rows = [pictures.queue_row(rank) for rank in range(1, 21)] + [pictures.queue_row(1, pictures.SOUTH)]
    shown = heads(rows, 10)
    assert len(shown) <= 10
    assert {row.platform for row in shown} == {pictures.NORTH, pictures.SOUTH}
    assert [row.rank for row in shown if row.platform == pictures.NORTH] == list(range(1, len(shown)))


def test_many_platforms_never_show_more_rows_than_fit() -> None:
    rows = [pictures.queue_row(1, f"P{n}") for n in range(30)]
    assert len(heads(rows, 10)) == 10


def test_the_strip_prefers_what_nobody_has_seen_and_counts_every_level() -> None:
    picture = pictures.alerts()
    top = worst(picture.rows)
    assert top is not None
    assert top.level == 2
    strip = alert_strip(picture, "en")
    assert "strip-2" in strip.className
    assert "Worst" in text(strip)
    assert "Newest" in text(strip)
    for level in ("Level I: 1", "Level II: 1", "Level III: 1", "Level IV: 1"):
        assert level in text(strip)


def test_the_strip_is_as_old_as_the_latest_feed_its_alerts_came_by() -> None:
    late, well = (pictures.feed(name, FeedState.LATE) for name in ("gates", "yard"))
    late = msgspec.structs.replace(late, last_ok_at=pictures.NOW - timedelta(minutes=9))
    feeds = Picture(as_of=pictures.NOW, rows=[late, well])

    def behind(*alerts: AlertRow) -> tuple[str, str]:
        strip = alert_strip(AlertsPicture(as_of=pictures.NOW, expected_seconds=30, rows=list(alerts)), "en", feeds)
        assert having(strip, "cause")
        return prop(strip, "data-feeds"), prop(strip, "data-expected")

    assert behind(pictures.alert(2, 5, feed="gates"), pictures.alert(3, 9, feed="yard")) == ("gates", "15")
    assert behind(pictures.alert(2, 5, feed="yard")) == ("", "30")
    assert behind(pictures.alert(2, 5, feed="gates", subject_kind="feed")) == ("", "30")  # it says so itself
    assert behind() == ("", "30")


@pytest.mark.parametrize(("many", "said"), [(1, ""), (13, "+ 12 like it")])
def test_a_headline_that_stands_for_many_says_how_many(many: int, said: str) -> None:
    rows = [pictures.alert(1, 50), *(pictures.alert(3, n, subject="g3") for n in range(1, many + 1))]
    strip = alert_strip(replace(pictures.alerts(), rows=rows, banners=banners(rows, 10)), "en")
    worst_line, newest_line = having(strip, "headline")
    assert text(having(worst_line, "like")) == ""
    assert text(having(newest_line, "like")) == said


def test_the_strip_tells_none_from_unknown() -> None:
    assert text(alert_strip(AlertsPicture(as_of=pictures.NOW), "en")).startswith("No alerts")
    assert text(alert_strip(None, "en")).startswith("Alerts not known")


def test_a_card_of_an_alert_says_what_it_would_refuse_and_leads_to_its_page() -> None:
    seen, new = having(alert_cards(pictures.alerts(), "en"), "alert-card")[:2]
    assert "acknowledge:already_acknowledged" in prop(seen, "data-no")
    assert "confirm:not_acknowledged" in prop(new, "data-no")
    assert (prop(new, "data-id"), prop(new, "data-version")) == (pictures.alerts().rows[1].id, "3")
    assert [way.href for way in having(new, "card-way")] == [f"/alerts/{prop(new, 'data-id')}"]
    over = replace(pictures.alert(1, 50, "confirmed"), confirmed_by="officer", condition="clear")
    card = having(alert_cards(replace(pictures.alerts(), rows=[over]), "en"), "alert-card")[0]
    assert [prop(button, "data-alert-act") for button in having(card, "act")] == ["acknowledge", "close"]
    assert prop(card, "data-confirmed") == "officer"  # the browser knows whether that is who looks


def test_of_very_many_alerts_the_worst_have_cards_and_the_others_are_counted() -> None:
    rows = [pictures.alert(4, n) for n in range(1, MOST + 1)] + [pictures.alert(1, 90)]
    shown = alert_cards(replace(pictures.alerts(), rows=rows), "en")
    assert "level-1" in prop(having(having(shown, "alert-card")[0], "level")[0], "className")
    assert "1 more at the desk" in text(having(shown, "card-more"))


def test_alerts_have_shape_and_word_beside_the_colour() -> None:
    for row in having(alert_list(pictures.alerts(), "en"), "level"):
        assert "Level" in text(row)
        assert having(row, "mark")


def test_a_gate_beyond_its_limit_is_marked() -> None:
    tile = gates_tile(pictures.all_pictures()["gates"], "en", {"g1": "North gate 1"})
    assert [text(gate).split()[0] for gate in having(tile, "over")] == ["g2"]
    assert "North gate 1" in text(tile)


def test_the_forecast_shows_intervals_accuracy_and_the_line_it_may_cross() -> None:
    row = pictures.forecasts().rows[0]
    tile = forecast_tile(row, row.key, "en", graph="g")
    for words in ("72 h", "MASE 0.71", "held 81 %", "chance of crossing 85 %: 18 %"):
        assert words in text(tile)
    drawn = figure(row, "en")
    assert len(drawn.data) == 6
    assert drawn.layout.yaxis.range[1] > 85
    begins = drawn.data[5]
    assert (begins.x, begins.x0, begins.dx) == (None, datetime(2026, 11, 22, 14, 0), 3_600_000), "the port's clock"


def test_times_that_are_not_evenly_spaced_are_written_out() -> None:
    times = [datetime(2026, 11, 22, hour) for hour in (1, 2, 4)]
    assert along(times) == {"x": times}
    assert along(times[:2]) == {"x0": times[0], "dx": 3_600_000}
    assert along(times[:1]) == {"x": times[:1]}


def test_a_missing_forecast_says_why() -> None:
    assert "gathered" in text(forecast_tile(None, "gate_moves", "en", graph="g"))
    assert "Only 3 h" in text(forecast_tile(None, "gate_moves", "en", graph="g", why="Only 3 h of history"))


def test_a_true_zero_forecast_is_drawn() -> None:
    row = msgspec.structs.replace(
        pictures.forecasts().rows[0], past_values=[0.0] * 120, mean=[0.0] * 72, lower_80=[0.0] * 72,
        upper_80=[0.0] * 72, lower_95=[0.0] * 72, upper_95=[0.0] * 72, limit=None,
    )  # fmt: skip
    low, high = figure(row, "en").layout.yaxis.range
    assert low == 0
    assert high > 0


def test_the_band_says_simulated_and_recorded_in_words_with_both_times() -> None:
    words = text(origin_band(pictures.feeds(), pictures.all_pictures()["notices"], "en"))
    assert "Simulated data: Feed yard, Feed gates" in words
    assert "Recorded data: Feed ais" in words
    assert "Feed ais 15 Mar 2013 14:00 → " in words
    assert "Making history 43 %" in words


def test_the_band_of_a_wholly_simulated_port_says_so_of_everything() -> None:
    only = Picture(rows=[pictures.feed("yard", FeedState.OK)])
    assert "模拟数据" in text(origin_band(only, None, "zh_CN"))


def test_lamps_name_the_state_unless_all_is_well() -> None:
    well, degraded, down = having(lamps(pictures.feeds(), "en"), "feed")
    assert not having(well, "lamp-word")
    assert text(having(degraded, "lamp-word")) == "degraded"
    assert having(down, "l1")
    assert prop(down, "title") == "Feed gates: down Folder does not exist: drop/gates"


def test_a_feed_card_names_file_and_row_counts_and_reasons() -> None:
    card = feed_card(pictures.feeds().rows[1], "en")
    for words in ("Archive is cut short or damaged: ais.nmea.gz:31", "Checksum does not fit", "12,345", "recorded"):
        assert words in text(card)
    assert [prop(one, "href") for one in having(card, "way")] == ["/feeds/quarantine?feed=ais"]
    assert prop(having(card, "reason-way")[0], "href").startswith("/feeds/quarantine?feed=ais&reason=")
    picks = [prop(one, "data-value") for one in having(card, "acts-line")[0].children if one and prop(one, "data-pick")]
    assert picks == ["run:ais", "pause:ais"]
    assert "feed" in text(feed_cards(Picture(), "en")).lower()


def test_a_feed_says_what_it_waits_for_and_how_the_day_was() -> None:
    row = pictures.feed("x", FeedState.DOWN, waits=True, hours=[None, 60, 0], outages=[False, False, True])
    card = feed_card(row, "en")
    assert "waits for somebody: the source refuses our login" in text(card)
    assert "last 24 h: 60 rows, at most 60 an hour; late or down in 1 hours" in text(card)
    assert [prop(bar, "style")["--share"] for bar in having(card, "bar")] == ["1.000", "0.000"]
    assert len(having(card, "gap")) == 1
    paused = feed_card(pictures.feed("x", FeedState.LATE, paused=True), "en")
    assert "Resume" in text(paused)
    assert "Poll now" not in text(paused)


def test_a_message_that_names_its_row_is_not_said_twice() -> None:
    row = pictures.feed("x", FeedState.DEGRADED, message_code="rows_quarantined", message="q.csv:12")
    assert text(feed_card(row, "en")).count("q.csv:12") == 1


def test_an_ended_recording_is_never_late() -> None:
    assert prop(feed_card(pictures.feed("x", FeedState.ENDED), "en"), "data-expected") == "1e+09"


def test_an_unknown_reason_is_shown_as_it_is() -> None:
    row = pictures.feed("x", FeedState.DEGRADED, quarantined=1, reasons={"brand_new": 1})
    assert "brand_new" in text(feed_card(row, "en"))


def test_the_timeline_has_seven_nodes_and_both_times_of_a_recording() -> None:
    tree = timeline(pictures.inspection(), "en")
    assert len(having(tree, "reached")) == 3
    assert len(having(tree, "ahead")) == 4
    assert text(tree).count("not reached") == 4
    assert "+1 h 00" in text(tree)
    assert "+0 min" in text(tree)
    assert "recorded 26 Feb 2024" in text(tree)
    assert "Declaration number has 17 digits" in text(tree)


def test_a_track_is_a_line_only_with_two_fixes() -> None:
    fixes = [(pictures.NOW, 120.0, 36.0, 5.0), (pictures.NOW, 121.0, 36.0, None)]
    assert distance_km(fixes) == pytest.approx(89.96, abs=0.1)
    assert len(track_line(fixes)) == 2
    assert track_line(fixes[:1]) == []


def test_no_forecast_of_that_code() -> None:
    from components.forecast import forecast_of

    assert forecast_of(ForecastsPicture(), "yard_occupancy") is None
    assert forecast_of(None, "yard_occupancy") is None
