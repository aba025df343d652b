import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';

/** One of a few, as a row of radio buttons that looks like one control. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly {
    readonly value: T;
    readonly name: string;
    readonly off?: string | undefined;
  }[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <fieldset class="segments">
      <legend>{label}</legend>
      <div>
        {options.map((option) => (
          <label key={option.value} title={option.off}>
            <input
              type="radio"
              name={label}
              value={option.value}
              checked={option.value === value}
              disabled={option.off !== undefined}
              onChange={() => onChange(option.value)}
            />
            <span>{option.name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** One of many. */
export function Select<T extends string | number>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly name: string }[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={String(value)}
        onChange={({ currentTarget }) => {
          const chosen = options.find((option) => String(option.value) === currentTarget.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={String(option.value)}>
            {option.name}
          </option>
        ))}
      </select>
    </label>
  );
}

/**
 * A whole number or a decimal one, said as it is typed. One that does not fit is kept as typed, with what would fit beside it; its form
 * cannot be sent.
 *
 * @param value that the field begins with
 */
export function NumberField({
  label,
  value,
  min,
  max,
  step = 1,
  onChange,
}: {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max?: number;
  readonly step?: number;
  readonly onChange: (value: number) => void;
}) {
  const fits = useSignal(true);
  const said = useId();
  const range = max === undefined ? `${min} or more` : `${min} to ${max}`;
  return (
    <div>
      <label class="field">
        <span>{label}</span>
        <input
          type="number"
          inputMode="decimal"
          required
          {...{ min, max, step }}
          defaultValue={String(value)}
          aria-invalid={!fits.value}
          aria-describedby={said}
          onInput={({ currentTarget }) => {
            fits.value = currentTarget.validity.valid;
            if (fits.value) onChange(currentTarget.valueAsNumber);
          }}
        />
      </label>
      <small class="warned" role="alert" id={said}>
        {fits.value ? '' : step === 1 ? `a whole number, ${range}` : `${range}, in steps of ${step}`}
      </small>
    </div>
  );
}
