// The projector module: line integrals through a volume and their back-projection. It owns no data: all addresses come
// from the caller, memory is imported. Volumes lie with z fastest, so that what a ray needs in the plane is found once
// for all slices or detector rows. Places are voxel indices: voxel i stands at i.
export { projectCone, projectStack } from './projector-rays';
export { backProjectCone, normalizeTile } from './projector-cone';
export { backProjectSlice, backProjectStack } from './projector-stack';
