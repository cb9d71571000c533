"""Celery, whose schedule runs in a thread of the worker: a process of its own costs 50 MB and outlives a killed worker."""

from functools import partial

from celery import beat
from celery.__main__ import main

if __name__ == "__main__":
    beat.EmbeddedService = partial(beat.EmbeddedService, thread=True)  # Celery knows both; -B cannot say which
    main()
