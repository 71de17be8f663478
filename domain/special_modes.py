"""Special ways of inspection (seed 000, III) and the one gate among them: the test cold chain goods need.

"For cold chain goods it must first be confirmed whether a test is needed before an inspection may be applied for."
A declaration that did not wait is kept, shown and flagged; nothing is refused.
"""

from __future__ import annotations

from collections.abc import Collection

from domain.terms import Special

MODES = tuple(str(mode) for mode in Special)
SECOND = "second"  # 二次申请: no value of ``Special``, but asked for in the same breath
UNTESTED = "cold_chain_untested"
PASSED = "passed"


def untested(special: Collection[str], test_result: str, applied: bool) -> bool:
    """Whether a cold chain declaration applied without a passed test.

    Args:
        special: its special ways.
        test_result: ``pending``, ``passed``, ``failed`` or empty: not told.
        applied: it applied for an inspection, or was appointed.
    """
    return Special.COLD_CHAIN in special and applied and test_result != PASSED
