"""Pictures in and out: files, faces in them, frames of a camera, points drawn on top."""
