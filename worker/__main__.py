"""``python -m worker``. Light on purpose: forked decoding children may import the main module again."""

import sys

if __name__ == "__main__":
    from worker.blas import take_one_thread

    take_one_thread()

    from worker.start import main

    sys.exit(main())
