import time

from jobs.problems import PROBLEM_TYPES, Problem, make_problem
from jobs.tokens import is_job_id, new_job_id, new_token


def test_job_ids_sort_by_time_and_do_not_repeat():
    ids = []
    for _ in range(3):
        ids.append(new_job_id())
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert len({new_job_id() for _ in range(1000)} | {new_token() for _ in range(1000)}) == 2000


def test_only_job_ids_look_like_one():
    assert is_job_id(new_job_id())
    assert not any(map(is_job_id, ("", "job_", "job_../../etc", new_job_id() + "\n", new_job_id().upper())))


def test_a_problem_survives_the_record():
    problem = make_problem("invalid-parameter", "no", errors=[{"pointer": "/x", "detail": "y"}])
    assert Problem.from_json(problem.to_json()) == problem
    assert Problem.from_json({"type": "gave-up", "detail": "d"}).title == PROBLEM_TYPES["gave-up"].title
