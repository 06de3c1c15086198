"""Networks that label faces: what they say, whose answers are taken, and the folder that is made of them."""
