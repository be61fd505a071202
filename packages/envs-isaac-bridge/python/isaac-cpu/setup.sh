#!/usr/bin/env bash
# Installs Isaac Lab 3.0 for the CPU and the bridge into a folder, from PyPI: about 6 GB.
#
#   bash setup.sh FOLDER [PYTHON]       PYTHON is 3.12; without it, python3.12 of the path
#   FOLDER/python -m meow_isaac_bridge isaac:Isaac-Ant-Direct
#
# Isaac Lab fetches robots and the ground from NVIDIA's server when a task starts. Those of the Ant and Humanoid tasks are laid out
# here from the wheel of Newton instead, and FOLDER/python says where they are (ISAACSIM_ASSET_ROOT).
set -euo pipefail

[ $# -ge 1 ] || {
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 1
}
here=$(cd "$(dirname "$0")" && pwd)
python=${2:-python3.12}
if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null; then
  echo "Isaac Lab 3.0 needs Python 3.12, and $python is none: name one as the second argument." >&2
  exit 1
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)

"$python" -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -m pip install --quiet)
"${pip[@]}" torch==2.11.0
"${pip[@]}" --no-deps --requirement "$here/requirements.txt"
"${pip[@]}" --no-deps "$here/.."

newton=$("$folder/venv/bin/python" -c 'import importlib.util as u; print(u.find_spec("newton").submodule_search_locations[0])')
robots=$folder/assets/Isaac/Robots/IsaacSim
ground=$folder/assets/Isaac/IsaacLab/Environments/Grid/default_ground_plane_checker_v1
mkdir -p "$robots/Ant" "$robots/Humanoid" "$ground"
cp "$newton/examples/assets/ant.usda" "$robots/Ant/ant_instanceable.usd"
# Isaac Lab's humanoid has other names for five joints.
sed -E \
  -e 's/(PhysicsRevoluteJoint ")abdomen_x"/\1pelvis"/' \
  -e 's/(PhysicsRevoluteJoint "(left|right))_knee"/\1_shin"/' \
  -e 's/(PhysicsRevoluteJoint "(left|right))_elbow"/\1_lower_arm"/' \
  "$newton/examples/assets/humanoid.usda" >"$robots/Humanoid/humanoid_instanceable.usd"
cp "$here/ground_plane.usda" "$ground/default_ground_plane.usda"

printf '#!/bin/sh\nISAACSIM_ASSET_ROOT=%q exec %q "$@"\n' "$folder/assets" "$folder/venv/bin/python" >"$folder/python"
chmod +x "$folder/python"
echo "Isaac Lab 3.0 is in $folder. Try it: $folder/python -m meow_isaac_bridge isaac:Isaac-Ant-Direct --num-envs 16"
