"""HTTP only: authenticate, validate, store the upload, create the job, answer polls. Never imports worker or engine."""
