#!/usr/bin/env bash
# Trains the networks that ship again: their cohorts, 64 patients to denoise and 36 to reconstruct, and a few minutes of one core for each
# network. PYTHON has what python/README.md installs; the template is a labelled CT (TotalSegmentator's test scan, Apache-2.0).
#
#     PYTHON=venv/bin/python bash packages/predict/scripts/train-networks.sh FOLDER TEMPLATE.nii.gz SEGMENTATION.nii.gz totalsegmentator
set -euo pipefail
folder=$1 template=$2 segmentation=$3 labels=$4
root=$(cd "$(dirname "$0")/../../.." && pwd)
python=${PYTHON:-python3}

# draw NAME TASK N SEED OPTION…
draw() {
  local name=$1 task=$2 n=$3 seed=$4
  shift 4
  node "$root/apps/cli/dist/main.js" simulate "$@" -n "$n" --seed "$seed" --task "$task" --predictor none --out "$folder/$name-$task"
}
warp=(warp --template "$template" --segmentation "$segmentation" --labels "$labels")
for task in denoising reconstruction; do
  if [ "$task" = denoising ]; then n=(36 24 4); else n=(20 14 2); fi
  draw phantom "$task" "${n[0]}" 1066001 phantom --size 122,101,30 --spacing 3,3,3
  draw warp "$task" "${n[1]}" 1066003 "${warp[@]}"
  draw fine "$task" "${n[2]}" 1066002 phantom --size 176,160,12 --spacing 2,2,3
done

# train NAME TASK BASELINE OPTION…
train() {
  local name=$1 task=$2 baseline=$3
  shift 3
  "$python" "$root/python/train.py" --preset refiner --baseline "$root/packages/predict/models/$baseline.json" --task "$task" \
    --cohort "$folder/phantom-$task" --cohort "$folder/warp-$task" --cohort "$folder/fine-$task" \
    --spacing own --rate 2e-3 --threads 1 "$@" --out "$folder/$name"
  "$python" "$root/python/export.py" --trained "$folder/$name" --out "$root/packages/predict/models/networks/$name.onnx"
}
train denoising denoising baseline --steps 900 --check-every 450 --held-out 0.04
train fbp reconstruction baseline-fbp --steps 500 --check-every 250 --held-out 0.06
"$python" "$root/packages/predict/scripts/make-shipped-goldens.py"
