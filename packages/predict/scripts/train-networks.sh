#!/usr/bin/env bash
# Trains the networks that ship again: their cohorts, 64 patients to denoise and 84 to reconstruct, then minutes of one core for `denoising` and
# `organs`, a quarter of an hour for `fbp`. `organs` learns from the points of the other two; the one that ships learned from an earlier `fbp`. PYTHON has what python/README.md installs; the template is a
# labelled CT (TotalSegmentator's test scan, Apache-2.0).
#
#     PYTHON=venv/bin/python bash packages/predict/scripts/train-networks.sh FOLDER TEMPLATE.nii.gz SEGMENTATION.nii.gz totalsegmentator [--trial]
#
# --trial does all of it with two patients a cohort and two steps a network, in minutes, and leaves the networks in FOLDER.
set -euo pipefail
folder=$1 template=$2 segmentation=$3 labels=$4 trial=${5:-}
[ -z "$trial" ] || [ "$trial" = --trial ] || { echo "error: expected --trial, found $trial" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../../.." && pwd)
python=${PYTHON:-python3}
semcrc() { node "$root/apps/cli/dist/main.js" "$@"; }

# draw NAME TASK N SEED OPTION…
draw() {
  local name=$1 task=$2 n=$3 seed=$4
  shift 4
  [ -z "$trial" ] || n=2
  semcrc simulate "$@" -n "$n" --seed "$seed" --task "$task" --predictor none --out "$folder/$name-$task"
}
warp=(warp --template "$template" --segmentation "$segmentation" --labels "$labels")
for task in denoising reconstruction; do
  if [ "$task" = denoising ]; then n=(36 24 4); else n=(56 24 4); fi
  draw phantom "$task" "${n[0]}" 1066001 phantom --size 122,101,30 --spacing 3,3,3
  draw warp "$task" "${n[1]}" 1066003 "${warp[@]}"
  draw fine "$task" "${n[2]}" 1066002 phantom --size 176,160,12 --spacing 2,2,3
done

# train NAME TASK STEPS CHECK_EVERY HELD_OUT OPTION…
train() {
  local name=$1 task=$2 steps=$3 every=$4 held_out=$5
  shift 5
  [ -z "$trial" ] || steps=2 every=1
  "$python" "$root/python/train.py" --task "$task" --rate 2e-3 --threads 1 --steps "$steps" --check-every "$every" \
    --held-out "$held_out" "$@" --out "$folder/$name"
  "$python" "$root/python/export.py" --trained "$folder/$name" --out "$folder/$name.onnx"
}
for of in denoising:denoising:refiner:baseline:900:450:0.04 fbp:reconstruction:deep-refiner:baseline-fbp:5000:500:0.06; do
  IFS=: read -r name task preset baseline steps every held_out <<<"$of"
  train "$name" "$task" "$steps" "$every" "$held_out" --preset "$preset" --baseline "$root/packages/predict/models/$baseline.json" --spacing own \
    --cohort "$folder/phantom-$task" --cohort "$folder/warp-$task" --cohort "$folder/fine-$task"
done

points=()
for of in phantom-denoising:denoising warp-denoising:denoising phantom-reconstruction:fbp warp-reconstruction:fbp; do
  IFS=: read -r cohort model <<<"$of"
  semcrc predict --model "$folder/$model.onnx" --input "$folder/$cohort/manifest.csv" --out "$folder/$cohort-points"
  points+=(--cohort "$folder/$cohort-points")
done
train organs segmentation 1300 325 0.04 "${points[@]}" --activation RELU --batch 4 --augmented 0.3

[ -z "$trial" ] || exit 0
cp "$folder"/{denoising,fbp,organs}.{onnx,json} "$root/packages/predict/models/networks/"
"$python" "$root/packages/predict/scripts/make-shipped-goldens.py"
