"""The closed lists of words that records are made of, as the port and the norm use them."""

from __future__ import annotations

from enum import StrEnum


class Origin(StrEnum):
    """Where a record comes from; shown to the user in words."""

    LIVE = "live"
    RECORDED = "recorded"
    SIMULATED = "simulated"


class Node(StrEnum):
    """The seven nodes of an inspection, in order (seed 000, 查验节点查询)."""

    APPOINTED = "appointed"  # 预约查验
    CONFIRMED = "confirmed"  # 海关确认
    TRANSFERRED = "transferred"  # 港务调运
    ASSIGNED = "assigned"  # 海关任务分配
    INSPECTED = "inspected"  # 查验完成
    BILLED = "billed"  # 查验计费
    DEPARTED = "departed"  # 出查验区


class Direction(StrEnum):
    """Trade direction of a declaration."""

    EXPORT = "export"
    IMPORT = "import"


class EnterpriseClass(StrEnum):
    """Customs credit class of the enterprise (seed 000)."""

    ADVANCED = "advanced"  # 高级认证企业 (AEO advanced)
    GENERAL_CERTIFIED = "general_certified"  # 一般认证企业
    GENERAL = "general"  # 一般信用企业
    UNKNOWN = "unknown"


class InspectionMode(StrEnum):
    """How the cargo is inspected."""

    MANUAL = "manual"  # 人工
    MACHINE = "machine"  # 机械 / 机检
    UNKNOWN = "unknown"


class Special(StrEnum):
    """Ways an inspection is done otherwise than usual (seed 000, III)."""

    SHIP_SIDE = "ship_side"  # 先期机检·船边直提
    CROSS_AREA = "cross_area"  # 跨区全时查验
    UNACCOMPANIED = "unaccompanied"  # 无陪同查验
    DIRECT_LOAD = "direct_load"  # 抵港直装
    COLD_CHAIN = "cold_chain"  # 冷链
    PLATFORM_TRUCK = "platform_truck"  # 平台约车


class Hold(StrEnum):
    """Why a declaration stands still before or within its inspection (seed 000, 异常状态预警)."""

    NOT_APPOINTED = "not_appointed"  # 未预约: the commission is accepted, no appointment made
    REJECTED = "rejected"  # 驳回: the appointment was refused and none made since
    SUSPENDED = "suspended"  # 挂起


class StayKind(StrEnum):
    """What a container needs from its slot; also the kind of a block."""

    STANDARD = "standard"
    REEFER = "reefer"
    DANGEROUS = "dangerous"
    EMPTY = "empty"
    INSPECTION = "inspection"  # blocks of an inspection area only
