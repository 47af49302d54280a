"""`python -m benchmarks.peers.steps`. Light on purpose: decoding children may import the main module again."""

if __name__ == "__main__":
    from worker.blas import take_one_thread

    take_one_thread()

    from benchmarks.child import tell
    from benchmarks.peers.steps.timing import measure

    tell(measure())
