"""The parts that the system tests are made of: real servers, scripted ones, and the two programs."""
