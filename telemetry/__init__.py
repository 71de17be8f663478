"""What every room may use to say how it is doing: plain counters, and the log. Imports no other room.

``counts`` holds numbers that live where the work happens and are read when somebody asks;
``logs`` is the one place that says how a log line looks and which id it carries; ``memory`` keeps a process that
runs for months from growing by what the C library holds back.
"""
