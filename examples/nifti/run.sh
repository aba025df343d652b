#!/usr/bin/env bash
# From files to calibrated intervals: bash nifti/run.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: bash nifti/run.sh FOLDER}
semcrc() { node "$here/../../apps/cli/dist/main.js" "$@"; } # once published: npx semcrc

# Stands in for your scanner, network and segmentation model.
node "$here/make-scans.mjs" "$folder"
head -3 "$folder/scans/manifest.csv"

semcrc calibrate "$folder/scans/manifest.csv" --labels suprem --procedure sem-crc --epsilon 0.1 \
  --n-opt 8 --n-cal 32 --n-test 8 --out "$folder/calibration.json"

semcrc apply "$folder/calibration.json" --lower "$folder/new/lower.nii.gz" --upper "$folder/new/upper.nii.gz" \
  --segmentation "$folder/new/segmentation.nii.gz" --body "$folder/new/body.nii.gz" --units hu --out "$folder/applied"
