"""Plays an interpreter with a fault, for the tests of find-python.sh: fake_python.py PATH FAULT [arguments].

PATH is what it says of itself, so that a test sees which one was taken. Its venv is a program that always succeeds:
making a real one takes seconds.
"""

import os
import sys

path, fault, *arguments = sys.argv[1:]
sys._base_executable = path
if fault.startswith("version "):
    sys.version_info = (*map(int, fault.split()[1].split(".")), "final", 0)
elif fault.startswith("without "):
    # What an import of a module finds that Python was built without.
    sys.modules[fault.split()[1]] = None

options = [argument for argument in arguments if argument != "-I"]
if options[0] == "-c":
    exec(options[1])
elif options[:2] == ["-m", "venv"]:
    if fault == "no venv":
        sys.exit("The virtual environment was not created successfully because ensurepip is not available.")
    os.makedirs(os.path.join(options[2], "bin"))
    program = os.path.join(options[2], "bin", "python")
    with open(program, "w") as file:
        file.write("#!/bin/sh\nexit 0\n")
    os.chmod(program, 0o755)
else:
    sys.exit(f"not played: {options}")
