// The kernels' loops in C with 128-bit SIMD, for comparison: gcc -O3 -msse4.1. Reads the voxel count, repeats and the
// same arrays as the JavaScript side from stdin and prints one line a kernel: name, then seconds of every repeat.
#include <smmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { GROUPS = 12, GRID = 501 };

static uint32_t n, repeats;
static float *truth, *lower, *upper, *scores, *out, *lambda, *grid, *spare, *third;
static float *sortedTruth, *sortedLower, *sortedUpper, *sortedScores;
static uint8_t *groups;
static uint32_t *offsets, *places;
static double sink;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void *column(size_t bytes) {
  static size_t stagger;
  stagger += 4096 + 320;
  char *p = aligned_alloc(64, (bytes + stagger + 127) / 64 * 64);
  return p + stagger / 64 * 64;
}

static void *input(size_t bytes) {
  void *p = column(bytes);
  if (fread(p, 1, bytes, stdin) != bytes) exit(1);
  return p;
}

static void score(void) {
  for (uint32_t j = 0; j < n; j++) {
    float a = lower[j] - truth[j], b = truth[j] - upper[j];
    out[j] = a > b ? a : b;
  }
}

static void firstNaN(void) {
  uint32_t j = 0;
  for (; j + 16 <= n; j += 16) {
    __m128 v0 = _mm_loadu_ps(truth + j), v1 = _mm_loadu_ps(truth + j + 4);
    __m128 v2 = _mm_loadu_ps(truth + j + 8), v3 = _mm_loadu_ps(truth + j + 12);
    __m128 any = _mm_or_ps(_mm_or_ps(_mm_cmpunord_ps(v0, v0), _mm_cmpunord_ps(v1, v1)),
                           _mm_or_ps(_mm_cmpunord_ps(v2, v2), _mm_cmpunord_ps(v3, v3)));
    if (_mm_movemask_ps(any)) break;
  }
  sink += j;
}

static void countGroups(void) {
  uint32_t counts[256] = {0};
  for (uint32_t j = 0; j < n; j++) counts[groups[j]]++;
  sink += counts[1];
}

static void gather(void) {
  uint32_t cursor[GROUPS], counts[GROUPS] = {0};
  for (uint32_t j = 0; j < n; j++) counts[groups[j]]++;
  for (uint32_t g = 0, sum = 0; g < GROUPS; g++) cursor[g] = sum, sum += counts[g];
  for (uint32_t j = 0; j < n; j++) {
    uint32_t place = cursor[groups[j]]++;
    out[place] = truth[j], spare[place] = lower[j], third[place] = upper[j];
  }
}

static void missesBySegment(void) {
  for (int s = 0; s < GROUPS; s++) {
    uint32_t count = 0;
    for (uint32_t j = offsets[s]; j < offsets[s + 1]; j++) count += !(sortedScores[j] <= lambda[s]);
    sink += count;
  }
}

static void coverageSweep(void) {
  static uint32_t histogram[GROUPS * (GRID + 1)];
  memset(histogram, 0, sizeof histogram);
  for (uint32_t j = 0; j < n; j++) {
    if (scores[j] <= grid[0]) continue;
    uint32_t low = 1, high = GRID;
    while (low < high) {
      uint32_t middle = (low + high) / 2;
      if (grid[middle] < scores[j]) low = middle + 1;
      else high = middle;
    }
    histogram[groups[j] * (GRID + 1) + low]++;
  }
  sink += histogram[5];
}

static inline __m128d promote(const float *p) { return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64((const void *)p))); }

static void lossSweep(void) {
  const double gamma = 0.5;
  const __m128d g = _mm_set1_pd(gamma), one = _mm_set1_pd(1), sign = _mm_set1_pd(-0.0);
  for (int s = 0; s < GROUPS; s++) {
    const __m128d shift = _mm_set1_pd(2.0 * lambda[s]);
    __m128d excess = _mm_setzero_pd(), fall = excess, excess1 = excess, fall1 = excess;
    for (uint32_t j = offsets[s]; j + 4 <= offsets[s + 1]; j += 4) {
      for (int h = 0; h < 4; h += 2) {
        __m128d x = promote(sortedTruth + j + h), l = promote(sortedLower + j + h), u = promote(sortedUpper + j + h);
        __m128d a = _mm_andnot_pd(sign, _mm_sub_pd(_mm_sub_pd(_mm_add_pd(x, x), l), u));
        __m128d d = _mm_add_pd(_mm_sub_pd(u, l), shift);
        __m128d idle = _mm_cmple_pd(a, _mm_mul_pd(g, d));
        __m128d w = _mm_div_pd(one, d), r = _mm_mul_pd(a, w);
        __m128d e = _mm_andnot_pd(idle, _mm_sub_pd(r, g)), f = _mm_andnot_pd(idle, _mm_mul_pd(r, w));
        if (h) excess1 = _mm_add_pd(excess1, e), fall1 = _mm_add_pd(fall1, f);
        else excess = _mm_add_pd(excess, e), fall = _mm_add_pd(fall, f);
      }
    }
    double sums[2];
    _mm_storeu_pd(sums, _mm_add_pd(_mm_add_pd(excess, excess1), _mm_add_pd(fall, fall1)));
    sink += sums[0] + sums[1];
  }
}

static inline __m128d clampLanes(__m128d v) { return _mm_min_pd(_mm_set1_pd(1), _mm_max_pd(_mm_setzero_pd(), v)); }

static void clampedLength(void) {
  for (int s = 0; s < GROUPS; s++) {
    const __m128d shift = _mm_set1_pd(lambda[s]);
    __m128d sum = _mm_setzero_pd(), sum1 = sum;
    for (uint32_t j = offsets[s]; j + 4 <= offsets[s + 1]; j += 4) {
      __m128d top = clampLanes(_mm_add_pd(promote(sortedUpper + j), shift));
      __m128d bottom = clampLanes(_mm_sub_pd(promote(sortedLower + j), shift));
      sum = _mm_add_pd(sum, _mm_sub_pd(top, bottom));
      top = clampLanes(_mm_add_pd(promote(sortedUpper + j + 2), shift));
      bottom = clampLanes(_mm_sub_pd(promote(sortedLower + j + 2), shift));
      sum1 = _mm_add_pd(sum1, _mm_sub_pd(top, bottom));
    }
    double sums[2];
    _mm_storeu_pd(sums, _mm_add_pd(sum, sum1));
    sink += sums[0] + sums[1];
  }
}

static inline uint32_t keyOf(uint32_t bits) { return bits ^ ((uint32_t)((int32_t)bits >> 31) | 0x80000000u); }

static void starts(uint32_t *counts) {
  for (uint32_t d = 0, sum = 0; d < 2048; d++) {
    uint32_t count = counts[d];
    counts[d] = sum;
    sum += count;
  }
}

static void radixSort(void) {
  static uint32_t counts[3][2048];
  memset(counts, 0, sizeof counts);
  uint32_t *a = (uint32_t *)out, *b = (uint32_t *)spare;
  memcpy(a, scores, 4ul * n);
  for (uint32_t j = 0; j < n; j++) {
    uint32_t key = a[j] = keyOf(a[j]);
    counts[0][key & 2047]++, counts[1][key >> 11 & 2047]++, counts[2][key >> 22]++;
  }
  for (int d = 0; d < 3; d++) starts(counts[d]);
  for (uint32_t j = 0; j < n; j++) b[counts[0][a[j] & 2047]++] = a[j];
  for (uint32_t j = 0; j < n; j++) a[counts[1][b[j] >> 11 & 2047]++] = b[j];
  for (uint32_t j = 0; j < n; j++) b[counts[2][a[j] >> 22]++] = a[j] ^ ((uint32_t)((int32_t)~a[j] >> 31) | 0x80000000u);
  memcpy(a, b, 4ul * n);
}

static void run(const char *name, void (*kernel)(void)) {
  kernel();
  printf("%s", name);
  for (uint32_t r = 0; r < repeats; r++) {
    double start = now();
    kernel();
    printf(" %.9f", now() - start);
  }
  printf("\n");
}

int main(void) {
  uint32_t head[2];
  if (fread(head, 4, 2, stdin) != 2) return 1;
  n = head[0], repeats = head[1];
  truth = input(4ul * n), lower = input(4ul * n), upper = input(4ul * n), groups = input(n);
  lambda = input(4 * GROUPS), grid = input(4 * GRID);
  scores = column(4ul * n), out = column(4ul * n), spare = column(4ul * n), third = column(4ul * n);
  sortedTruth = column(4ul * n), sortedLower = column(4ul * n), sortedUpper = column(4ul * n), sortedScores = column(4ul * n);
  offsets = calloc(GROUPS + 1, 4), places = calloc(GROUPS, 4);
  score();
  memcpy(scores, out, 4ul * n);
  for (uint32_t j = 0; j < n; j++) offsets[groups[j] + 1]++;
  for (int g = 0; g < GROUPS; g++) places[g] = offsets[g], offsets[g + 1] += offsets[g];
  for (uint32_t j = 0; j < n; j++) {
    uint32_t p = places[groups[j]]++;
    sortedTruth[p] = truth[j], sortedLower[p] = lower[j], sortedUpper[p] = upper[j], sortedScores[p] = scores[j];
  }
  run("computeScores", score);
  run("firstNaN", firstNaN);
  run("countGroups", countGroups);
  run("gather", gather);
  run("missesBySegment", missesBySegment);
  run("coverageSweep", coverageSweep);
  run("lossSweep", lossSweep);
  run("clampedLength", clampedLength);
  run("radixSort", radixSort);
  fprintf(stderr, "%g\n", sink);
  return 0;
}
