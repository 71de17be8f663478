"""What every feed of the examples makes of its file; examples/README.md tells the same, and a test holds it to this."""

from __future__ import annotations

import msgspec


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Of one feed.

    Attributes:
        read: rows, messages or reports of the file.
        summary: accepted, duplicate, quarantined, flagged of the accepted.
        reasons: why rows were quarantined.
        flags: what was found irregular.
        error: code of the FeedError when the file as a whole is refused.
        part: the same of the first 20,000 rows, where the whole takes more than some seconds.
    """

    read: int = 0
    summary: tuple[int, int, int, int] = (0, 0, 0, 0)
    reasons: dict[str, int] = {}
    flags: dict[str, int] = {}
    error: str = ""
    part: Counts | None = None


EXPECTED: dict[str, dict[str, Counts]] = {
    "weather": {
        "airports": Counts(read=123, summary=(121, 0, 2, 0), reasons={"report_cut_off": 2}),
        "days": Counts(read=1_101, summary=(1_096, 5, 0, 0)),
        "nights": Counts(read=1_101, summary=(1_096, 5, 0, 0)),
        "newark": Counts(read=8_703, summary=(8_703, 0, 0, 1), flags={"wind_out_of_range": 1}),
        "typhoons": Counts(
            read=3_134,
            summary=(3_131, 0, 3, 0),
            reasons={"position_outside_world": 3},
        ),
    },
    "queues": {
        "border": Counts(
            read=223_872,
            summary=(413_072, 0, 568, 0),
            reasons={"missing_value": 568},
            part=Counts(read=20_000, summary=(35_700, 0, 568, 0), reasons={"missing_value": 568}),
        ),
        "outcomes": Counts(read=37_385, summary=(74_770, 0, 0, 0)),
        "masses": Counts(read=37_385, summary=(37_100, 0, 285, 0), reasons={"not_credible": 285}),
        "prices": Counts(read=37_385, summary=(37_027, 0, 358, 0), reasons={"not_credible": 358}),
        "anchorage": Counts(read=1_057, summary=(3_153, 0, 6, 0), reasons={"not_credible": 6}),
        "waits": Counts(read=1_367, summary=(1_367, 0, 0, 0)),
        "los_angeles": Counts(read=248, summary=(1_204, 0, 0, 0)),
        "jnpa": Counts(read=35, summary=(420, 0, 0, 0)),
        "border_api": Counts(error="not_json"),
    },
    "terminal": {
        "moin": Counts(
            read=3,
            summary=(148, 0, 2, 148),
            reasons={"message_not_used": 1, "segment_broken": 1},
            flags={"size_type_unknown": 148, "segment_count_wrong": 74, "told_again": 74},
        ),
        "manila": Counts(read=1, summary=(2, 0, 0, 2), flags={"interchange_missing": 2, "plate_foreign": 1}),
        "jakarta": Counts(read=1, summary=(1, 0, 0, 1), flags={"size_type_unknown": 1}),
        "bay_plan": Counts(read=1, summary=(0, 0, 1, 0), reasons={"message_not_used": 1}),
        "events": Counts(read=15, summary=(2, 1, 2, 1), reasons={"unknown_place": 2}, flags={"imo_check_digit": 1}),
        "savannah": Counts(read=143, summary=(143, 0, 0, 117), flags={"cells_joined": 117}),
        "finland": Counts(read=380, summary=(191, 189, 0, 1), flags={"etd_before_eta": 1}),
        "finland_second": Counts(read=4, summary=(3, 1, 0, 0)),
        "deep_sea": Counts(read=50, summary=(50, 0, 0, 0)),
        "feeders": Counts(read=130, summary=(130, 0, 0, 0)),
        "yard_vehicles": Counts(read=540, summary=(261, 0, 279, 0), reasons={"unknown_value": 279}),
        "yard": Counts(read=101_907, summary=(101_907, 0, 0, 0), part=Counts(read=20_000, summary=(20_000, 0, 0, 0))),
        "motion": Counts(read=11_082, summary=(0, 0, 11_082, 0), reasons={"not_a_time": 11_082}),
        "carriers": Counts(error="missing_column"),
        "bays": Counts(error="encoding"),
    },
    "ais": {
        "mixed": Counts(read=171, summary=(97, 65, 3, 0), reasons={"position_not_available": 3}),
        "satellite": Counts(
            read=979,
            summary=(957, 2, 4, 15),
            reasons={"position_not_available": 2, "speed_impossible": 1, "missing_key": 1},
            flags={"mmsi_not_ship": 15},
        ),
        "qingdao": Counts(read=394, summary=(387, 7, 0, 1), flags={"course_out_of_range": 1}),
        "north_sea": Counts(
            read=50_142,
            summary=(49_497, 638, 7, 49_497),
            reasons={"position_unreachable": 7},
            flags={"mmsi_not_ship": 49_497},
        ),
        "houston": Counts(read=9_814, summary=(9_814, 0, 0, 0)),
        "tankers": Counts(
            read=23_789,
            summary=(23_678, 47, 64, 0),
            reasons={"position_unreachable": 60, "not_credible": 3, "position_outside_world": 1},
        ),
        "piraeus": Counts(read=18_834, summary=(18_834, 0, 0, 18_834), flags={"mmsi_not_ship": 18_834}),
        "piraeus_points": Counts(read=2_819, summary=(0, 2_819, 0, 0)),
        "piraeus_ships": Counts(read=5, summary=(5, 0, 0, 5), flags={"mmsi_not_ship": 5}),
        "baltic": Counts(
            read=1_138, summary=(1_135, 0, 3, 13), reasons={"speed_impossible": 3}, flags={"mmsi_not_ship": 13}
        ),
    },
    "trackers": {
        "terminals": Counts(
            read=75,
            summary=(54, 3, 19, 2),
            reasons={"position_zero": 8, "not_located": 7, "bad_checksum": 3, "not_a_frame": 1},
            flags={"coordinates_encrypted": 2},
        ),
        "frame_bytes": Counts(error="not_jt808"),
        "route_14": Counts(read=1_533, summary=(1_533, 0, 0, 0)),
        "traccar_samples": Counts(read=1, summary=(0, 0, 1, 0), reasons={"position_zero": 1}),
    },
}
