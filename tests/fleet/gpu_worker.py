"""A worker whose processor passes for a GPU: for the routes, which know devices by name alone."""

import sys

if __name__ == "__main__":
    from worker import workshop

    workshop.ON_A_GPU = (*workshop.ON_A_GPU, "onnxruntime")

    from worker.start import main

    sys.exit(main())
