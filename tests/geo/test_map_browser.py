"""The map in a real Chromium on the real live endpoint."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.pictures import AlertRow, AlertsPicture, BlockRow, YardPicture
from tests.browser.time_steps import until
from tests.geo.conftest import positions
from tests.geo.plan import features

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROAD = features("road")[0][1].coords[0]
SEA = (120.2225, 36.0125)
NASTY = '<img src=x onerror="window.hit=1">'


def truck(at=ROAD, id_="T1", label="鲁B12345", status=1, age=0.0):
    return (id_, label, at[0], at[1], 30.0, 45.0, status, age)


def block_row(key, occupancy):
    return BlockRow(
        key=key, name=key, terminal="qw2", kind="standard", capacity_teu=800, boxes=10, teu=800 * (occupancy or 0),
        occupancy=occupancy,
    )  # fmt: skip


def alert(key, level, kind, subject, **more):
    now = datetime.now(UTC)
    return AlertRow(
        key=key, rule="yard_backlog", level=level, subject_kind=kind, subject=subject, state="new",
        condition="firing", opened_at=now, last_at=now, count=1, **more,
    )  # fmt: skip


def show(page, at, zoom=16):
    """Move the map; it is painted there when this returns."""
    page.evaluate("window.painted = port.cost.frames")
    page.evaluate(f"port.map.setView([{at[1]}, {at[0]}], {zoom}, {{animate: false}}); 0")
    page.wait_for_function("port.cost.frames > painted")


def pixels(page, canvas, colour):
    """How many pixels of a canvas have about a colour (#rrggbb)."""
    return page.evaluate(
        """([canvas, colour]) => {
          const c = port.layer[canvas], d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
          const want = [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16));
          let n = 0;
          for (let i = 0; i < d.length; i += 4)
            if (d[i + 3] > 200 && want.every((v, k) => Math.abs(d[i + k] - v) < 6)) n++;
          return n;
        }""",
        [canvas, colour],
    )


def screen_place(page, at):
    place = page.evaluate(f"port.map.latLngToContainerPoint([{at[1]}, {at[0]}])")
    return place["x"], place["y"]


def test_the_port_is_in_sight_and_nothing_leaves_the_machine(open_map, map_server):
    page = open_map()
    view = page.evaluate("port.map.getBounds().toBBoxString()").split(",")
    west, south, east, north = map(float, view)
    for p, outline in features("terminal"):
        w, s, e, n = outline.bounds
        assert west < w < e < east, p["id"]
        assert south < s < n < north, p["id"]
    assert pixels(page, "still", page.evaluate("port.scene.theme.land")) > 50_000
    assert pixels(page, "still", page.evaluate("port.scene.theme.sea")) > 50_000
    assert page.inner_text(".port-map-attribution") == "© OpenStreetMap contributors (ODbL)"
    assert all(url.startswith((map_server.url, "data:", "blob:")) for url in page.asked)
    assert sum("land.geojson" in url for url in page.asked) == 1
    assert not page.errors


def test_a_vehicle_glides_to_its_new_place(open_map, map_server):
    map_server.hub.publish("vehicles", positions("vehicles", [truck()]))
    page = open_map()
    page.wait_for_function("port.scene.vehicles.count === 1")
    show(page, ROAD, 18)
    place = "(() => { const h = port.scene.here.vehicles; return h.n ? h.x[0] : null; })()"
    page.evaluate("window.trail = []; const old = port.paintMoving.bind(port);"
                  f"port.paintMoving = (v) => {{ old(v); trail.push({place}); }}; 0")  # fmt: skip
    before = page.evaluate(place)
    page.wait_for_timeout(1100)
    map_server.hub.publish("vehicles", positions("vehicles", [truck((ROAD[0] + 0.0004, ROAD[1]))]))
    page.wait_for_function(f"{place} > {before} + 50 && port.scene.vehicles.activeUntil < performance.now()")
    trail = page.evaluate("trail.filter(x => x !== null)")
    between = [x for x in trail if before + 2 < x < trail[-1] - 2]
    assert len(set(between)) >= 2, "seen on its way"  # on a busy machine the map rests between paintings
    assert trail == sorted(trail), "never goes back"


def test_reduced_motion_is_honoured(open_map, map_server):
    map_server.hub.publish("vehicles", positions("vehicles", [truck()]))
    page = open_map(reduced_motion="reduce")
    page.wait_for_function("port.scene.vehicles.count === 1")
    map_server.hub.publish("vehicles", positions("vehicles", [truck((ROAD[0] + 0.0004, ROAD[1]))]))
    page.wait_for_function(f"Math.abs(cockpitMap.lonOf(port.scene.vehicles.toX[0]) - {ROAD[0] + 0.0004}) < 1e-5")
    assert page.evaluate("port.scene.vehicles.activeUntil") == 0


def test_colour_is_for_the_abnormal_only(open_map, map_server):
    map_server.hub.publish("alerts", AlertsPicture(rows=[]))
    map_server.hub.publish("vehicles", positions("vehicles", [truck()]))
    page = open_map()
    page.wait_for_function("port.scene.vehicles.count === 1")
    show(page, ROAD)
    levels = page.evaluate("[1, 2, 3, 4].map(n => port.scene.theme['level-' + n])")
    assert not any(pixels(page, canvas, colour) for canvas in ("still", "moving") for colour in levels)
    map_server.hub.publish("alerts", AlertsPicture(rows=[alert("a", 1, "vehicle", "T1")]))
    page.wait_for_function("port.scene.marks.length === 1")
    until(page, lambda: pixels(page, "moving", levels[0]) > 60, "the mark of its alert")
    map_server.hub.publish("alerts", AlertsPicture(rows=[]))
    map_server.hub.publish("vehicles", positions("vehicles", [truck(status=7)]))
    page.wait_for_function("port.scene.marks.length === 0 && port.scene.vehicles.status[0] === 7")
    until(page, lambda: pixels(page, "moving", levels[1]) > 20, "one off its route")


def test_late_positions_are_hollow(open_map, map_server):
    map_server.hub.publish("alerts", AlertsPicture(rows=[]))
    map_server.hub.publish("vehicles", positions("vehicles", [truck(at=SEA)]))
    page = open_map()
    page.wait_for_function("port.scene.vehicles.count === 1")
    show(page, SEA, 19)
    x, y = screen_place(page, SEA)
    alpha = """([x, y]) => { const c = port.layer.moving, r = port.layer.view.ratio, m = port.layer.view;
      return c.getContext('2d').getImageData((x + m.seenX) * r, (y + m.seenY) * r, 1, 1).data[3]; }"""
    until(page, lambda: page.evaluate(alpha, [x, y]) > 200, "a full dot")
    map_server.hub.publish("vehicles", positions("vehicles", [truck(at=SEA, age=700)]))
    page.wait_for_function("Date.now() / 1000 - port.scene.vehicles.seen[0] > 600")
    until(page, lambda: page.evaluate(alpha, [x, y]) < 60, "a hollow dot")
    assert pixels(page, "moving", page.evaluate("port.scene.theme['vehicle-still']")) > 5


def test_blocks_above_the_limit_are_outlined(open_map, map_server):
    rows = [block_row("qw2-A2", 0.5), block_row("qw2-B2", 0.84)]
    map_server.hub.publish("yard", YardPicture(rows=rows))
    page = open_map()
    page.wait_for_function("port.scene.yard.size === 2")
    centre = next(s.centroid.coords[0] for p, s in features("block") if p["id"] == "qw2-B2")
    show(page, centre, 17)
    attention = page.evaluate("port.scene.theme['level-3']")
    assert pixels(page, "still", attention) == 0
    full = pixels(page, "still", page.evaluate("port.scene.theme.data"))
    map_server.hub.publish("yard", YardPicture(rows=[rows[0], block_row("qw2-B2", 0.95)]))
    page.wait_for_function("port.scene.yard.get('qw2-B2').occupancy === 0.95")
    until(page, lambda: pixels(page, "still", attention) > 100, "an outline")
    assert pixels(page, "still", page.evaluate("port.scene.theme.data")) > full


def test_feed_text_stays_text(open_map, map_server):
    map_server.hub.publish("vehicles", positions("vehicles", [truck(at=SEA, label=NASTY)]))
    page = open_map()
    page.wait_for_function("port.scene.vehicles.count === 1")
    show(page, SEA)
    x, y = screen_place(page, SEA)
    page.mouse.move(x, y)
    page.wait_for_selector(".port-map-tip:not([hidden])")
    assert page.inner_text(".port-map-tip-title") == NASTY
    assert page.query_selector(".port-map-tip img") is None
    assert page.evaluate("window.hit") is None
    assert "30 km/h" in page.inner_text(".port-map-tip")


def test_a_click_says_what_was_chosen(open_map, map_server):
    map_server.hub.publish("vehicles", positions("vehicles", [truck(at=SEA)]))
    page = open_map()
    page.wait_for_function("port.scene.vehicles.count === 1")
    page.evaluate("window.chosen = []; document.addEventListener('cockpit:select', e => chosen.push(e.detail))")
    show(page, SEA)
    page.mouse.click(*screen_place(page, SEA))
    centre = next(s.centroid.coords[0] for p, s in features("block") if p["id"] == "qwa-A03")
    show(page, centre)
    page.mouse.click(*screen_place(page, centre))
    assert page.evaluate("chosen") == [{"kind": "vehicle", "id": "T1"}, {"kind": "block", "id": "qwa-A03"}]


def test_the_keyboard_reaches_alerts_and_the_whole_port(open_map, map_server):
    map_server.hub.publish("vehicles", positions("vehicles", [truck()]))
    map_server.hub.publish("alerts", AlertsPicture(rows=[alert("a", 2, "block", "qwa-A03")]))
    page = open_map()
    page.wait_for_function("port.scene.alerts.length === 1")
    page.evaluate("window.chosen = []; document.addEventListener('cockpit:select', e => chosen.push(e.detail))")
    home = page.evaluate("port.map.getZoom()")
    page.focus(".leaflet-container")
    page.keyboard.press("n")
    assert page.evaluate("chosen") == [{"kind": "alert", "id": "a"}]
    page.wait_for_function(f"port.map.getZoom() > {home}")
    assert "qwa-A03" in page.text_content(".port-map-say")
    page.keyboard.press("Home")
    page.wait_for_function(f"port.map.getZoom() === {home}")


def test_things_elsewhere_are_counted_and_can_be_shown(open_map, map_server):
    wuxi = [truck(at=(120.3 + i / 100, 31.5), id_=f"W{i}") for i in range(5)]
    map_server.hub.publish("vehicles", positions("vehicles", wuxi))
    page = open_map()
    page.wait_for_function("document.querySelector('.port-map-counts').textContent.includes('5 vehicles out of view')")
    page.click(".port-map-fit:last-child")
    page.wait_for_function("port.scene.here.vehicles.inside === 5")
    until(page, lambda: "out of view" not in page.inner_text(".port-map-counts"), "no more to count")
    until(page, lambda: page.inner_text(".port-map-nobase") == "No base map here", "the words")


def test_ten_thousand_and_more_are_drawn_as_density(open_map, map_server):
    crowd = [truck(at=(120.2 + (i % 120) / 3000, 35.99 + (i // 120) / 3000), id_=f"T{i}") for i in range(10_500)]
    map_server.hub.publish("vehicles", positions("vehicles", crowd))
    page = open_map()
    page.wait_for_function("port.scene.here.vehicles?.dense === true")
    map_server.hub.publish("vehicles", positions("vehicles", crowd[:9000]))
    page.wait_for_function("port.scene.here.vehicles.dense === false && port.scene.here.vehicles.n === 9000")


def test_a_map_that_is_left_lets_go(open_map, map_server):
    page = open_map()
    page.evaluate("port.map.remove()")
    assert page.evaluate("cockpitMap.open.size") == 0
    frames = page.evaluate("port.cost.frames")
    map_server.hub.publish("vehicles", positions("vehicles", [truck()]))
    page.wait_for_timeout(300)
    assert page.evaluate("port.cost.frames") == frames
    assert not page.errors
