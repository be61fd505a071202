import {
  BoxGeometry,
  BufferGeometry,
  CapsuleGeometry,
  Color,
  CylinderGeometry,
  Float32BufferAttribute,
  Group,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  SphereGeometry,
} from 'three';

import { forwardKinematics } from '../kinematics.ts';
import { frame, type Recording } from '../recording.ts';
import type { Scene, SceneGeom } from '../scene.ts';
import { bodyColors } from './palette.ts';

/** The geoms of a scene as three.js draws them, planes aside. */
export interface Robot {
  readonly group: Group;
  /** Moves every body to where it is for these positions. */
  place(qpos: ArrayLike<number>): void;
  /** Lets something go along with a body. */
  attach(part: Object3D, body: number): void;
  dispose(): void;
}

export function createRobot(recording: Recording): Robot {
  const { scene } = recording;
  const colors = bodyColors(scene, frame(recording, 0));
  const group = new Group();
  const bodies = scene.bodies.map(() => new Group());
  const meshes: Mesh<BufferGeometry, MeshStandardMaterial>[] = [];
  for (const body of bodies) group.add(body);
  for (const geom of scene.geoms) {
    const shape = shapeOf(geom, scene);
    if (!shape) continue;
    const mesh = new Mesh(shape, materialOf(geom, colors[geom.body] ?? new Color()));
    const [w, x, y, z] = geom.quaternion;
    mesh.position.set(...geom.position);
    mesh.quaternion.set(x, y, z, w);
    mesh.castShadow = true;
    mesh.receiveShadow = true;
    bodies[geom.body]?.add(mesh);
    meshes.push(mesh);
  }
  return {
    group,
    place(qpos) {
      for (const [i, { position, quaternion }] of forwardKinematics(scene, qpos).entries()) {
        const [w, x, y, z] = quaternion;
        bodies[i]?.position.set(...position);
        bodies[i]?.quaternion.set(x, y, z, w);
      }
    },
    attach: (part, body) => void bodies[body]?.add(part),
    dispose() {
      for (const { geometry, material } of meshes) {
        geometry.dispose();
        material.dispose();
      }
    },
  };
}

function materialOf({ color }: SceneGeom, fallback: Color): MeshStandardMaterial {
  if (!color) return new MeshStandardMaterial({ color: fallback, roughness: 0.55, metalness: 0.05 });
  const [r, g, b, opacity] = color;
  return new MeshStandardMaterial({
    color: new Color().setRGB(r, g, b, 'srgb'),
    roughness: 0.55,
    opacity,
    transparent: opacity < 1,
  });
}

/** The surface of a geom about its own origin, along z where it has an axis; undefined for what isn't drawn here. */
function shapeOf({ type, size, mesh }: SceneGeom, { meshes }: Scene): BufferGeometry | undefined {
  const [a, b, c] = size;
  switch (type) {
    case 'sphere':
      return new SphereGeometry(a, 40, 24);
    case 'capsule':
      // three.js lays the axis along y.
      return new CapsuleGeometry(a, 2 * b, 12, 32).rotateX(Math.PI / 2);
    case 'cylinder':
      return new CylinderGeometry(a, a, 2 * b, 48).rotateX(Math.PI / 2);
    case 'box':
      return new BoxGeometry(2 * a, 2 * b, 2 * c);
    case 'ellipsoid':
      return new SphereGeometry(1, 40, 24).scale(a, b, c);
    case 'mesh': {
      const source = mesh === undefined ? undefined : meshes[mesh];
      if (!source) return undefined;
      const surface = new BufferGeometry();
      surface.setAttribute('position', new Float32BufferAttribute([...source.vertices], 3));
      surface.setIndex([...source.faces]);
      // Every triangle gets corners of its own, so that edges stay sharp.
      const flat = surface.toNonIndexed();
      flat.computeVertexNormals();
      return flat;
    }
    case 'plane':
    case 'hfield':
    case 'sdf':
      return undefined;
  }
}
