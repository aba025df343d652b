/** A format that people take for NIfTI, and how to come from it. */
export interface OtherFormat {
  readonly format: string;
  readonly advice: string;
}

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean =>
  [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));

/** The format of a file that is not NIfTI by its first bytes (132 of them tell all); null when it is none of those known. */
export function otherFormat(bytes: Uint8Array, name: string): OtherFormat | null {
  if (startsWith(bytes, 'DICM', 128)) {
    return { format: 'a DICOM file', advice: 'convert its series to one NIfTI file, with dcm2niix say' };
  }
  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 1 && /\.mg[hz]$/i.test(name)) {
    return { format: 'a FreeSurfer volume', advice: 'convert it, with mri_convert or nibabel say' };
  }
  if (startsWith(bytes, 'PK\u0003\u0004')) return { format: 'a zip archive', advice: 'unpack it first' };
  if (startsWith(bytes, 'NRRD')) {
    return { format: 'an NRRD file', advice: 'convert it, with SimpleITK or 3D Slicer say' };
  }
  if (startsWith(bytes, '\u0089HDF')) {
    return { format: 'an HDF5 file (MINC perhaps)', advice: 'convert it, with nibabel say' };
  }
  if (startsWith(bytes, 'ObjectType') || startsWith(bytes, 'NDims')) {
    return { format: 'a MetaImage header', advice: 'convert it, with SimpleITK say' };
  }
  return null;
}
