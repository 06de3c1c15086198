"""Faces drawn from the mesh of ICT-FaceKit: mesh, person, light, hair, what stands in front, camera."""
