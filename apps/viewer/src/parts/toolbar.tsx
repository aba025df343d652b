import type { CalibrationFacts } from '../engine/index.ts';
import type { View } from '../picture/picture.ts';
import { zoom } from '../state/looking.ts';
import {
  choice,
  choose,
  comparison,
  draw,
  image,
  looked,
  map,
  opacity,
  outlines,
  view,
} from '../state/store.ts';
import { calibrationNames } from '../words.ts';
import { Segments, Select } from './choices.tsx';
import { keysShown } from './keys.tsx';

const VIEW_NAMES: readonly { readonly value: View; readonly name: string }[] = [
  { value: 'planes', name: 'three planes' },
  { value: 'axial', name: 'axial' },
  { value: 'coronal', name: 'coronal' },
  { value: 'sagittal', name: 'sagittal' },
  { value: 'mosaic', name: 'mosaic' },
];

/** What lies over what, and how the scan is cut. */
export function Toolbar() {
  const truth = looked.value?.images.truth != null;
  const noTruth = truth ? undefined : 'Needs the CT: drop it with the other files';
  return (
    <div class="toolbar">
      <Segments
        label="Map"
        value={map.value}
        options={[
          { value: 'width', name: 'width' },
          { value: 'missed', name: 'missed', off: noTruth },
          { value: 'lambda', name: 'λ' },
          { value: 'none', name: 'none' },
        ]}
        onChange={(value) => draw({ map: value })}
      />
      <Segments
        label="Over"
        value={image.value}
        options={[
          { value: 'prediction', name: 'prediction' },
          { value: 'truth', name: 'truth', off: noTruth },
        ]}
        onChange={(value) => draw({ image: value })}
      />
      <label class="field fader">
        <span>Opacity</span>
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={opacity.value}
          style={{ '--at': `${100 * opacity.value}%` }}
          aria-valuetext={`${Math.round(100 * opacity.value)}%`}
          onInput={({ currentTarget }) => {
            opacity.value = Number(currentTarget.value);
          }}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={outlines.value}
          onChange={({ currentTarget }) => {
            outlines.value = currentTarget.checked;
          }}
        />
        <span>outlines</span>
      </label>
      <Select
        label="View"
        value={view.value}
        options={VIEW_NAMES}
        onChange={(value) => {
          view.value = value;
        }}
      />
      <div class="tools">
        <button type="button" class="small" onClick={zoom}>
          Zoom
        </button>
        <button
          type="button"
          class="small"
          onClick={() => {
            keysShown.value = true;
          }}
        >
          Keys
        </button>
      </div>
    </div>
  );
}

/** Calibrations to choose from. */
export function procedureOptions(
  all: readonly CalibrationFacts[],
): readonly { readonly value: number; readonly name: string }[] {
  const names = calibrationNames(all.map(({ name, calibration }) => ({ ...calibration, file: name })));
  return names.map((name, value) => ({ value, name }));
}

/** Which calibration is looked at, and which beside it. */
export function Procedures() {
  const designs = looked.value?.scan.designs ?? [];
  const now = choice.value;
  if (!now || designs.length === 0) return null;
  const options = procedureOptions(designs.map(({ facts }) => facts));
  return (
    <section class="card procedures" aria-label="Procedures">
      <Select
        label="Procedure"
        value={now.design}
        options={options}
        onChange={(design) => choose({ design })}
      />
      {designs.length > 1 && (
        <>
          <Segments
            label="Compare"
            value={comparison.value}
            options={[
              { value: 'off', name: 'off' },
              { value: 'side', name: 'side by side' },
              { value: 'swipe', name: 'swipe' },
            ]}
            onChange={(value) => draw({ comparison: value })}
          />
          {comparison.value !== 'off' && (
            <Select
              label="with"
              value={now.other}
              options={options}
              onChange={(other) => choose({ other })}
            />
          )}
        </>
      )}
    </section>
  );
}
