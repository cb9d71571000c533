"""Celery, whose schedule runs in a fork of the worker: killed, the worker takes it along."""

from celery.__main__ import main

from ticketing.embedded import children

if __name__ == "__main__":
    children.tie_forks()
    main()
