// The kernels' work as plain loops: the same methods and layouts, one value at a time. Reads one job from stdin, prints
// seconds of CPU time of every repeat. Compiled by main.mjs with gcc -O3 -msse4.1.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** CPU time, which other work on the machine does not add to. */
static double now(void) {
  return (double)clock() / CLOCKS_PER_SEC;
}

static void take(void *to, size_t bytes) {
  if (fread(to, 1, bytes, stdin) != bytes) {
    fprintf(stderr, "the input ends early\n");
    exit(1);
  }
}

static float *floats(size_t n) {
  float *a = malloc(4 * n);
  take(a, 4 * n);
  return a;
}

static double *doubles(size_t n) {
  double *a = malloc(8 * n);
  take(a, 8 * n);
  return a;
}

/** A volume, x fastest, as columns along z with a border of zeros. */
static float *columnsOf(const float *volume, int w, int h, int d) {
  float *slab = calloc((size_t)(w + 2) * (h + 2) * (d + 8), 4);
  for (int z = 0; z < d; z++)
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++)
        slab[((size_t)(y + 1) * (w + 2) + x + 1) * (d + 8) + 2 + z] = volume[x + w * (y + (size_t)h * z)];
  return slab;
}

static void projectCone(const float *volume, int w, int h, int d, const double *records, int views, int columns, int rows,
                        float *out) {
  float *slab = columnsOf(volume, w, h, d);
  size_t alongX = d + 8, alongY = alongX * (w + 2);
  float profile[4096];
  double sums[256];
  for (int v = 0; v < views; v++) {
    const double *r = records + 9 * v;
    for (int c = 0; c < columns; c++) {
      double dx = r[3] + c * r[6] - r[0], dy = r[4] + c * r[7] - r[1];
      int flat = fabs(dx) >= fabs(dy);
      double major = flat ? dx : dy, start = flat ? r[0] : r[1], other = flat ? r[1] : r[0];
      double slope = flat ? dy / dx : dx / dy;
      int steps = flat ? w : h, others = flat ? h : w;
      size_t am = flat ? alongX : alongY, ao = flat ? alongY : alongX;
      for (int i = 0; i < rows; i++) sums[i] = 0;
      for (int k = 0; k < steps; k++) {
        double at = other + (k - start) * slope;
        if (at <= -1 || at >= others) continue;
        double s = (k - start) / major;
        int below = (int)(at + 1) - 1;
        float share = (float)(at - below);
        const float *a = slab + (k + 1) * am + (below + 1) * ao + 2, *b = a + ao;
        double low = r[2] + s * (r[5] - r[2]), rise = s * r[8];
        double high = low + (rows - 1) * rise;
        int first = low < -1 ? -1 : low > d ? d : (int)floor(low);
        int last = high < -1 ? 0 : high > d ? d + 1 : (int)floor(high) + 1;
        for (int j = first; j <= last; j++) profile[j - first] = a[j] + share * (b[j] - a[j]);
        for (int i = 0; i < rows; i++) {
          double z = low + i * rise;
          z = z < -1 ? -1 : z > d ? d : z;
          int j = (int)(z + 1) - 1;
          float f = (float)(z - j);
          const float *p = profile + j - first;
          sums[i] += p[0] + f * (p[1] - p[0]);
        }
      }
      for (int i = 0; i < rows; i++) {
        double dz = r[5] - r[2] + i * r[8];
        *out++ = (float)(sums[i] * sqrt(dx * dx + dy * dy + dz * dz) / fabs(major));
      }
    }
  }
  free(slab);
}

static void projectStack(const float *plane, int w, int h, const double *records, int views, int columns, float *out) {
  float *padded = calloc((size_t)(w + 2) * (h + 2), 4);
  for (int y = 0; y < h; y++) memcpy(padded + (y + 1) * (w + 2) + 1, plane + y * w, 4 * w);
  for (int v = 0; v < views; v++) {
    const double *r = records + 7 * v;
    for (int c = 0; c < columns; c++) {
      double x = r[3] + c * r[5], y = r[4] + c * r[6];
      double dx = r[2] != 0 ? x - r[0] : r[0], dy = r[2] != 0 ? y - r[1] : r[1];
      int flat = fabs(dx) >= fabs(dy);
      double start = flat ? x : y, other = flat ? y : x, slope = flat ? dy / dx : dx / dy;
      int steps = flat ? w : h, others = flat ? h : w, am = flat ? 1 : w + 2, ao = flat ? w + 2 : 1;
      float sum = 0;
      for (int k = 0; k < steps; k++) {
        double at = other + (k - start) * slope;
        if (at <= -1 || at >= others) continue;
        int below = (int)(at + 1);
        float share = (float)(at + 1 - below);
        const float *a = padded + (k + 1) * am + below * ao;
        sum += a[0] + share * (a[ao] - a[0]);
      }
      *out++ = sum * (float)(sqrt(dx * dx + dy * dy) / fabs(flat ? dx : dy));
    }
  }
  free(padded);
}

static void backProjectStack(const float *filtered, const double *records, int views, int columns, int w, int h, float *out) {
  memset(out, 0, 4 * (size_t)w * h);
  for (int v = 0; v < views; v++, filtered += columns) {
    const double *r = records + 6 * v;
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++) {
        double inverse = 1 / (r[3] + r[4] * x + r[5] * y);
        double at = (r[0] + r[1] * x + r[2] * y) * inverse;
        at = at < 0 ? 0 : at > columns - 1.001 ? columns - 1.001 : at;
        int c = (int)at;
        float share = (float)(at - c);
        out[x + w * y] += (float)(inverse * inverse) * (filtered[c] + share * (filtered[c + 1] - filtered[c]));
      }
  }
}

typedef struct {
  double radius, pitch, columnSize, columnCentre, rowSize, rowCentre, vz, reach;
} Scale;

static void backProjectCone(const float *ramp, const float *hilbert, const double *records, int views, int columns, int rows,
                            const double *edges, const float *taper, int steps, Scale g, int w, int h, int z0, int z1,
                            float *sums, float *weights) {
  int depth = z1 - z0;
  memset(sums, 0, 4 * (size_t)w * h * depth);
  memset(weights, 0, 4 * (size_t)w * h * depth);
  double circle = 1 / (2 * M_PI * g.radius), rise = g.pitch / (2 * M_PI);
  for (int ty = 0; ty < h; ty += 32)
    for (int tx = 0; tx < w; tx += 32)
      for (int v = 0; v < views; v++) {
        const double *r = records + 7 * v;
        const float *q0 = ramp + (size_t)v * columns * rows, *h0 = hilbert + (size_t)v * columns * rows;
        for (int y = ty; y < ty + 32 && y < h; y++)
          for (int x = tx; x < tx + 32 && x < w; x++) {
            double q = r[3] + r[4] * x + r[5] * y, inverse = 1 / q;
            double free = (r[0] + r[1] * x + r[2] * y) * inverse;
            double at = free < 0 ? 0 : free > columns - 1.001 ? columns - 1.001 : free;
            int c = (int)at;
            float share = (float)(at - c);
            double lower = edges[2 * c] + share * (edges[2 * c + 2] - edges[2 * c]);
            double upper = edges[2 * c + 1] + share * (edges[2 * c + 3] - edges[2 * c + 1]);
            double span = upper - lower, perSpan = 1 / span, perSlice = g.vz * inverse;
            double a = ceil(r[6] + (lower - g.reach * span) * q / g.vz);
            double b = floor(r[6] + (upper + g.reach * span) * q / g.vz) + 1;
            int from = a < z0 ? z0 : a > z1 ? z1 : (int)a, to = b > z1 ? z1 : b < z0 ? z0 : (int)b;
            double slope = (free - g.columnCentre) * g.columnSize / g.radius;
            float squared = (float)(inverse * inverse), share1 = (float)(inverse / (1 + slope * slope));
            double outer = inverse * perSpan * circle;
            const float *qa = q0 + c * rows, *ha = h0 + c * rows;
            float *s = sums + ((size_t)y * w + x) * depth - z0, *n = weights + ((size_t)y * w + x) * depth - z0;
            for (int z = from; z < to; z++) {
              double high = (z - r[6]) * perSlice, place = (high - lower) * perSpan;
              double inward = place < 1 - place ? place : 1 - place;
              double row = high / g.rowSize + g.rowCentre;
              row = row < 0 ? 0 : row > rows - 1.001 ? rows - 1.001 : row;
              int j = (int)row;
              float f = (float)(row - j);
              float one = qa[j] + f * (qa[j + 1] - qa[j]), two = qa[rows + j] + f * (qa[rows + j + 1] - qa[rows + j]);
              float value = squared * (one + share * (two - one));
              if (inward >= g.reach) {
                s[z] += value;
                n[z] += share1;
                continue;
              }
              double t = ((inward < -g.reach ? -g.reach : inward) + g.reach) * steps / (2 * g.reach);
              int k = (int)t;
              float e = (float)(t - k);
              float weight = taper[2 * k] + e * (taper[2 * k + 2] - taper[2 * k]);
              float change = taper[2 * k + 1] + e * (taper[2 * k + 3] - taper[2 * k + 1]);
              if (place > 0.5) change = -change;
              one = ha[j] + f * (ha[j + 1] - ha[j]);
              two = ha[rows + j] + f * (ha[rows + j + 1] - ha[rows + j]);
              float edge = (float)(outer * (high * slope - rise * inverse)) * change;
              s[z] += weight * value - edge * (one + share * (two - one));
              n[z] += weight * share1;
            }
          }
      }
}

int main(void) {
  int32_t n[12];
  take(n, sizeof n);
  int repeats = n[0], w = n[1], h = n[2], d = n[3], columns = n[4], rows = n[5], views = n[6], backViews = n[7];
  int z0 = n[8], z1 = n[9], steps = n[10], flatViews = n[11];
  float *volume = floats((size_t)w * h * d);
  double *cone = doubles(9 * (size_t)views);
  double *backCone = doubles(7 * (size_t)backViews);
  float *ramp = floats((size_t)backViews * columns * rows), *hilbert = floats((size_t)backViews * columns * rows);
  double *edges = doubles(2 * (size_t)columns);
  float *taper = floats(2 * (size_t)steps + 2);
  Scale scale;
  take(&scale, sizeof scale);
  double *fan = doubles(7 * (size_t)flatViews), *back = doubles(6 * (size_t)flatViews);
  float *flat = floats((size_t)flatViews * columns);
  size_t big = (size_t)w * h * (z1 - z0), rays = (size_t)views * columns * rows;
  float *out = malloc(4 * (big > rays ? big : rays)), *weights = malloc(4 * big);
  double sink = 0;
  for (int job = 0; job < 4; job++) {
    printf("%s", (const char *[]){"projectCone", "backProjectCone", "projectStack", "backProjectStack"}[job]);
    for (int i = 0; i < repeats; i++) {
      double start = now();
      if (job == 0) projectCone(volume, w, h, d, cone, views, columns, rows, out);
      if (job == 1)
        backProjectCone(ramp, hilbert, backCone, backViews, columns, rows, edges, taper, steps, scale, w, h, z0, z1, out,
                        weights);
      if (job == 2) projectStack(volume, w, h, fan, flatViews, columns, out);
      if (job == 3) backProjectStack(flat, back, flatViews, columns, w, h, out);
      printf(" %.9f", now() - start);
      sink += out[(size_t)w * h / 2];
    }
    printf(" %.9g\n", out[(size_t)w * h / 2]);
  }
  fprintf(stderr, "%g\n", sink);
  return 0;
}
