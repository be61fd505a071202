import {
  Box3,
  DirectionalLight,
  Fog,
  HemisphereLight,
  type Object3D,
  PerspectiveCamera,
  Scene as Stage3d,
  Sphere,
  Vector3,
  WebGLRenderer,
} from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';

import { forwardKinematics } from '../kinematics.ts';
import { frame, steps, type Recording } from '../recording.ts';
import type { Scene } from '../scene.ts';
import { createFloor } from './floor.ts';
import { dark, light } from './palette.ts';
import { createRobot } from './robot.ts';

/** A drawn recording. */
export interface Stage {
  /** Draws positions. With `follow` the camera goes along with the robot. */
  draw(qpos: ArrayLike<number>, options: { readonly follow: boolean }): void;
  /** Whether the robot leaves what the camera sees at first, so that following it makes sense. */
  readonly travels: boolean;
  /** Puts the camera back. */
  resetView(): void;
  dispose(): void;
}

const FIELD_OF_VIEW = 35;

/**
 * Sets up camera, lights and floor around a robot, in the size and at the angle that suit it.
 *
 * @param requestDraw called when something other than the positions changed: the camera, the window, the colours
 * @throws Error in a browser without WebGL
 */
export function createStage(canvas: HTMLCanvasElement, recording: Recording, requestDraw: () => void): Stage {
  const { scene } = recording;
  const listening = new AbortController();
  const renderer = createRenderer(canvas);
  renderer.shadowMap.enabled = true;
  const world = new Stage3d();
  const robot = createRobot(recording);
  robot.place(frame(recording, 0));
  world.add(robot.group);
  const { center, radius } = extent(robot.group);
  const camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.02 * radius, 200 * radius);
  camera.up.set(0, 0, 1);
  const fog = new Fog(0, 0, 0);
  world.fog = fog;

  const planes = scene.geoms.filter(({ type }) => type === 'plane');
  const floors = planes.map((plane) => createFloor(plane, radius));
  // Bodies that hold planes don't move.
  for (const [i, { mesh }] of floors.entries()) robot.attach(mesh, planes[i]?.body ?? 0);

  const sky = new HemisphereLight();
  sky.position.set(0, 0, 1);
  const sun = createSun(radius);
  world.add(sky, sun, sun.target);

  const controls = new OrbitControls(camera, canvas);
  controls.minDistance = 0.8 * radius;
  controls.maxDistance = 20 * radius;
  // Just above the floor.
  controls.maxPolarAngle = floors.length > 0 ? 0.495 * Math.PI : Math.PI;
  controls.addEventListener('change', requestDraw);
  canvas.style.touchAction = 'none';

  const subject = bodyToFollow(scene);
  const first = positionOf(recording, subject, frame(recording, 0));
  const subjectNow = first.clone();
  const followed = first.clone();

  const distance = () => (1.15 * radius) / Math.sin(fieldOfView(camera) / 2);
  const resetView = () => {
    const offset = viewDirection(scene).multiplyScalar(distance());
    controls.target.copy(center);
    camera.position.copy(center).add(offset);
    followed.copy(first);
    controls.update();
  };

  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const paint = () => {
    const colors = scheme.matches ? dark : light;
    renderer.setClearColor(colors.background);
    fog.color.copy(colors.background);
    sky.color.copy(colors.skylight);
    sky.groundColor.copy(colors.groundlight);
    sky.intensity = colors.sky;
    sun.intensity = colors.sun;
    for (const floor of floors) floor.paint(colors);
    requestDraw();
  };
  scheme.addEventListener('change', paint, { signal: listening.signal });

  const resize = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width === 0 || height === 0) return;
    renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    renderer.setSize(width, height, false);
    camera.aspect = width / height;
    // Looks a little lower than straight ahead, so that the controls hide nothing.
    camera.setViewOffset(width, height, 0, 0.045 * height, width, height);
    requestDraw();
  };
  const sizes = new ResizeObserver(resize);
  sizes.observe(canvas);

  resize();
  resetView();
  paint();

  return {
    travels: travelled(recording, subject) > 1.2 * radius,
    resetView() {
      resetView();
      requestDraw();
    },
    draw(qpos, { follow }) {
      robot.place(qpos);
      subjectNow.copy(positionOf(recording, subject, qpos));
      if (follow) {
        // Sideways only: a camera that bobs with every step makes one seasick.
        const shift = subjectNow.clone().sub(followed).setZ(0);
        camera.position.add(shift);
        controls.target.add(shift);
        controls.update();
        followed.copy(subjectNow);
      }
      for (const floor of floors) floor.follow(controls.target);
      sun.target.position.copy(subjectNow).setZ(center.z);
      sun.position.copy(sun.target.position).addScaledVector(SUN, 6 * radius);
      const away = camera.position.distanceTo(controls.target);
      fog.near = away + 6 * radius;
      fog.far = away + 30 * radius;
      renderer.render(world, camera);
    },
    dispose() {
      listening.abort();
      sizes.disconnect();
      controls.dispose();
      robot.dispose();
      for (const floor of floors) floor.dispose();
      sun.dispose();
      renderer.dispose();
    },
  };
}

function createRenderer(canvas: HTMLCanvasElement): WebGLRenderer {
  try {
    return new WebGLRenderer({ canvas, antialias: true });
  } catch (error) {
    throw new Error(
      'This browser draws no 3D graphics (WebGL). Switch on hardware acceleration, or open the page in another browser.',
      { cause: error },
    );
  }
}

const SUN = new Vector3(-0.35, -0.45, 0.82).normalize();

function createSun(radius: number): DirectionalLight {
  const sun = new DirectionalLight();
  sun.castShadow = true;
  sun.shadow.mapSize.set(2048, 2048);
  sun.shadow.radius = 4;
  sun.shadow.normalBias = 0.01 * radius;
  const { camera } = sun.shadow;
  camera.left = camera.bottom = -3 * radius;
  camera.right = camera.top = 3 * radius;
  camera.near = radius;
  camera.far = 12 * radius;
  return sun;
}

/** The narrower one of the two angles that the camera takes in, in radians. */
function fieldOfView({ fov, aspect }: PerspectiveCamera): number {
  const vertical = (fov * Math.PI) / 180;
  return Math.min(vertical, 2 * Math.atan(Math.tan(vertical / 2) * aspect));
}

/** A sphere around everything in the first frame but the floor; of 1 m if there is nothing. */
function extent(group: Object3D): Sphere {
  group.updateMatrixWorld(true);
  const box = new Box3().setFromObject(group, true);
  return box.isEmpty() ? new Sphere(new Vector3(), 1) : box.getBoundingSphere(new Sphere());
}

/** The first body that moves. */
const bodyToFollow = ({ bodies }: Scene): number =>
  Math.max(
    bodies.findIndex(({ joints }) => joints.length > 0),
    0,
  );

function positionOf({ scene }: Recording, body: number, qpos: ArrayLike<number>): Vector3 {
  return new Vector3(...(forwardKinematics(scene, qpos)[body]?.position ?? [0, 0, 0]));
}

/** How far a body gets from where it starts. */
function travelled(recording: Recording, body: number): number {
  const start = positionOf(recording, body, frame(recording, 0));
  let farthest = 0;
  for (let i = 1; i <= steps(recording); i += 1)
    farthest = Math.max(farthest, start.distanceTo(positionOf(recording, body, frame(recording, i))));
  return farthest;
}

/** From the side for what moves upright, from above for what moves flat over the floor. */
function viewDirection({ bodies }: Scene): Vector3 {
  const joints = bodies.flatMap(({ joints }) => joints);
  const flat = joints.every(({ type, axis }) => {
    const along = Math.abs(axis[2]);
    return (type === 'hinge' && along > 0.99) || (type === 'slide' && along < 0.01);
  });
  return new Vector3(flat ? 0.2 : 0.35, -1, flat ? 1.7 : 0.34).normalize();
}
