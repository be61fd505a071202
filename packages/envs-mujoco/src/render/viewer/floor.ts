import {
  CanvasTexture,
  Mesh,
  MeshStandardMaterial,
  PlaneGeometry,
  RepeatWrapping,
  type Vector3,
} from 'three';

import type { SceneGeom } from '../scene.ts';
import type { Surroundings } from './palette.ts';

/** A plane with a checker pattern. */
export interface Floor {
  readonly mesh: Mesh;
  paint(surroundings: Surroundings): void;
  /** Brings the drawn part of an endless floor under a point. */
  follow(point: Vector3): void;
  dispose(): void;
}

// A plane this many times larger than what is looked at counts as endless.
const ENDLESS = 6;
const REACH = 60;

/**
 * @param radius of what is looked at, for the size of tiles
 */
export function createFloor({ body, size, position, quaternion }: SceneGeom, radius: number): Floor {
  const tile = tileSize(radius);
  const [halfX, halfY] = size;
  const endless = Math.min(halfX || Infinity, halfY || Infinity) > ENDLESS * radius;
  const [width, depth] = endless
    ? [2 * REACH * tile, 2 * REACH * tile]
    : [2 * (halfX || REACH * tile), 2 * (halfY || REACH * tile)];

  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 64;
  const texture = new CanvasTexture(canvas);
  texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.anisotropy = 8;
  texture.colorSpace = 'srgb';
  // A texture holds two by two tiles.
  texture.repeat.set(width / (2 * tile), depth / (2 * tile));

  const mesh = new Mesh(
    new PlaneGeometry(width, depth),
    new MeshStandardMaterial({ map: texture, roughness: 0.95 }),
  );
  const [w, x, y, z] = quaternion;
  mesh.position.set(...position);
  mesh.quaternion.set(x, y, z, w);
  mesh.receiveShadow = true;
  const level = z === 0 && x === 0 && y === 0;
  return {
    mesh,
    paint({ tile: first, otherTile: second }) {
      const context = canvas.getContext('2d');
      if (!context) return;
      context.fillStyle = `#${first.getHexString()}`;
      context.fillRect(0, 0, 64, 64);
      context.fillStyle = `#${second.getHexString()}`;
      context.fillRect(0, 0, 32, 32);
      context.fillRect(32, 32, 32, 32);
      texture.needsUpdate = true;
    },
    follow(point) {
      if (!endless || !level || body !== 0) return;
      // By whole pairs of tiles, so that the pattern stays where it is.
      mesh.position.x = Math.round(point.x / (2 * tile)) * 2 * tile;
      mesh.position.y = Math.round(point.y / (2 * tile)) * 2 * tile;
    },
    dispose() {
      texture.dispose();
      mesh.geometry.dispose();
      mesh.material.dispose();
    },
  };
}

/** A round length, so that the pattern can be read as a scale: 0.1, 0.2, 0.5, 1 m and so on. */
function tileSize(radius: number): number {
  const power = 10 ** Math.floor(Math.log10(radius));
  const step = [1, 2, 5].findLast((factor) => factor * power <= radius) ?? 1;
  return step * power;
}
