/*
 * The kernels' loops over sparse rows in C, with vectors of 16 or 32 bytes: the same panels, blocks and order of summation.
 *
 * Build: cc -O3 -mavx2 -mfma -ffp-contract=fast -DVECTOR_BYTES=16 loops.c -o loops
 *        (contract=off: multiply, then add, as `simd` does; VECTOR_BYTES=32: the wide form)
 * Run:   ./loops <file> <forward or step> <rounds> <milliseconds of a round>
 *
 * The file holds, little-endian: u32 inputs, outputs, panels, blocks of inputs, samples; u32 starts[samples + 1]; u32 index[nonzeros];
 * f32 value[nonzeros]; f32 parameters[(inputs + 1) * outputs], the last row the biases; f32 delta[samples * outputs].
 *
 * Prints one JSON object: seconds per call in each round, and two sums for comparing results: of |z|, and of |change| of
 * each parameter in the first step.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef VECTOR_BYTES
#define VECTOR_BYTES 16
#endif
/** Columns of a vector, and of what panels are made. */
#define LANES (VECTOR_BYTES / 4)

/** Four float32, what WebAssembly has, or eight, which V8 makes of two. */
typedef float vec __attribute__((vector_size(VECTOR_BYTES)));
typedef unsigned int u32;

#define INLINE static inline __attribute__((always_inline))
/** Makes a panel's width a constant for the compiler, as in AssemblyScript. */
#define FOR_WIDTH(vectors, loop, ...)             \
  switch (vectors) {                              \
    case 1: loop(1, __VA_ARGS__); break;          \
    case 2: loop(2, __VA_ARGS__); break;          \
    case 3: loop(3, __VA_ARGS__); break;          \
    case 4: loop(4, __VA_ARGS__); break;          \
    case 5: loop(5, __VA_ARGS__); break;          \
    case 6: loop(6, __VA_ARGS__); break;          \
    case 7: loop(7, __VA_ARGS__); break;          \
    default: loop(8, __VA_ARGS__);                \
  }

static const float rate = 0.001f;

static u32 inputs, outputs, samples, padded, panels, blocks;
static u32 *starts, *lit_index;
static float *lit_value;
/** Panel after panel, as in src/memory/. */
static float *parameters, *z, *delta;
/** (blocks + 1, samples): where each block of inputs begins in a sample's row. */
static u32 *bounds;
static u32 *cursors, *slots;
static float *slot_value;

INLINE vec splat(float x) {
  vec v;
  for (int lane = 0; lane < LANES; lane++) v[lane] = x;
  return v;
}

INLINE void forward_panel(const int n, const vec *weights, vec *out) {
  const vec *bias = weights + (size_t)inputs * n;
  for (u32 block = 0; block < blocks; block++) {
    const u32 *begins = bounds + (size_t)block * samples, *ends = begins + samples;
    for (u32 s = 0; s < samples; s++) {
      const vec *sums = block == 0 ? bias : out + (size_t)s * n;
      vec a[8];
      for (int v = 0; v < n; v++) a[v] = sums[v];
      for (u32 k = begins[s]; k < ends[s]; k++) {
        const vec *row = weights + (size_t)lit_index[k] * n;
        vec x = splat(lit_value[k]);
        for (int v = 0; v < n; v++) a[v] += x * row[v];
      }
      for (int v = 0; v < n; v++) out[(size_t)s * n + v] = a[v];
    }
  }
}

INLINE void reduce_panel(const int n, vec *weights, const vec *d) {
  vec factor = splat(-rate);
  u32 k = 0;
  for (u32 row = 0; row <= inputs; row++) {
    vec a[8];
    for (int v = 0; v < n; v++) a[v] = splat(0);
    for (; k < cursors[row + 1]; k++) {
      const vec *sample = d + (size_t)slots[k] * n;
      vec x = splat(slot_value[k]);
      for (int v = 0; v < n; v++) a[v] += x * sample[v];
    }
    for (int v = 0; v < n; v++) weights[(size_t)row * n + v] += factor * a[v];
  }
}

/** The first column of a panel; of the one behind the last, all columns. */
static u32 start_of(u32 panel) { return (u32)((unsigned long long)panel * (padded / LANES) / panels) * LANES; }

static void forward(void) {
  for (u32 panel = 0; panel < panels; panel++) {
    u32 column = start_of(panel);
    const vec *weights = (const vec *)(parameters + (size_t)column * (inputs + 1));
    vec *out = (vec *)(z + (size_t)column * samples);
    FOR_WIDTH((start_of(panel + 1) - column) / LANES, forward_panel, weights, out)
  }
}

static void step(void) {
  for (u32 panel = 0; panel < panels; panel++) {
    u32 column = start_of(panel);
    vec *weights = (vec *)(parameters + (size_t)column * (inputs + 1));
    const vec *d = (const vec *)(delta + (size_t)column * samples);
    FOR_WIDTH((start_of(panel + 1) - column) / LANES, reduce_panel, weights, d)
  }
}

static void find_blocks(void) {
  u32 block_rows = (inputs + blocks - 1) / blocks;
  bounds = malloc((size_t)(blocks + 1) * samples * sizeof *bounds);
  for (u32 s = 0; s < samples; s++) {
    u32 k = starts[s];
    for (u32 block = 0; block <= blocks; block++) {
      while (k < starts[s + 1] && (block == blocks || lit_index[k] < block * block_rows)) k++;
      bounds[(size_t)block * samples + s] = k;
    }
  }
}

static void transpose(void) {
  u32 nonzeros = starts[samples];
  cursors = calloc(inputs + 2, sizeof *cursors);
  slots = malloc((nonzeros + samples) * sizeof *slots);
  slot_value = malloc((nonzeros + samples) * sizeof *slot_value);
  u32 *next = malloc((inputs + 1) * sizeof *next);
  for (u32 k = 0; k < nonzeros; k++) cursors[lit_index[k] + 1]++;
  cursors[inputs + 1] = samples;
  for (u32 row = 0; row <= inputs; row++) cursors[row + 1] += cursors[row];
  memcpy(next, cursors, (inputs + 1) * sizeof *next);
  for (u32 s = 0; s < samples; s++) {
    for (u32 k = starts[s]; k < starts[s + 1]; k++) {
      u32 place = next[lit_index[k]]++;
      slots[place] = s;
      slot_value[place] = lit_value[k];
    }
    u32 place = next[inputs]++;
    slots[place] = s;
    slot_value[place] = 1;
  }
  free(next);
}

static void *read_all(FILE *file, size_t count) {
  void *values = malloc(count * 4);
  if (fread(values, 4, count, file) != count) {
    fprintf(stderr, "the file is too short\n");
    exit(1);
  }
  return values;
}

/** Zeros on a cache line's boundary. */
static float *allocate(size_t count) {
  size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
  float *values = aligned_alloc(64, bytes);
  memset(values, 0, bytes);
  return values;
}

/** From rows of `outputs` to panels. */
static float *panels_of(const float *plain, u32 rows) {
  float *values = allocate((size_t)rows * padded);
  for (u32 panel = 0; panel < panels; panel++) {
    u32 column = start_of(panel), width = start_of(panel + 1) - column;
    for (u32 row = 0; row < rows; row++) {
      for (u32 j = column; j < column + width && j < outputs; j++) {
        values[(size_t)column * rows + (size_t)row * width + j - column] = plain[(size_t)row * outputs + j];
      }
    }
  }
  return values;
}

/** Of this process on the processor, as bench/support/timing.ts. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double chunk(void (*action)(void), long calls) {
  double start = seconds();
  for (long call = 0; call < calls; call++) action();
  return (seconds() - start) / (double)calls;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: loops <file> <forward or step> <rounds> <milliseconds of a round>\n"), 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file) return fprintf(stderr, "%s: cannot be read\n", argv[1]), 1;
  u32 *head = read_all(file, 5);
  inputs = head[0];
  outputs = head[1];
  panels = head[2];
  blocks = head[3];
  samples = head[4];
  padded = (outputs + LANES - 1) / LANES * LANES;
  starts = read_all(file, samples + 1);
  lit_index = read_all(file, starts[samples]);
  lit_value = read_all(file, starts[samples]);
  parameters = panels_of(read_all(file, (size_t)(inputs + 1) * outputs), inputs + 1);
  delta = panels_of(read_all(file, (size_t)samples * outputs), samples);
  z = allocate((size_t)samples * padded);
  transpose();
  find_blocks();

  size_t count = (size_t)(inputs + 1) * padded;
  double z_sum = 0, moved = 0;
  forward();
  for (size_t i = 0; i < (size_t)samples * padded; i++) z_sum += fabs((double)z[i]);
  float *before = allocate(count);
  memcpy(before, parameters, count * sizeof *before);
  step();
  for (size_t i = 0; i < count; i++) moved += fabs((double)parameters[i] - (double)before[i]);

  void (*action)(void) = strcmp(argv[2], "step") ? forward : step;
  double round_seconds = atof(argv[4]) / 1000;
  long calls = 1;
  /* Several times, since the first finds the caches cold and the processor slow. */
  for (int i = 0; i < 5; i++) calls = (long)ceil(round_seconds / chunk(action, calls));
  printf("{\"seconds\":[");
  for (int round = 0; round < atoi(argv[3]); round++) printf("%s%.9f", round ? "," : "", chunk(action, calls));
  printf("],\"z_sum\":%.9g,\"moved_sum\":%.9g}\n", z_sum, moved);
  return 0;
}
