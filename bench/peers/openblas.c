/*
 * The reference's job in C over OpenBLAS: dense products of whole batches, everything else in plain loops.
 * One NDJSON line an epoch, as the other peers.
 *
 * Build: cc -O3 -march=native openblas.c -o openblas -lopenblas -lm     (an OpenMP build of OpenBLAS: two thread
 *        pools would fight otherwise)
 * Run:   OMP_NUM_THREADS=<threads> ./openblas <folder of IDX files> <threads> <epochs> <rate> <samples> <batch> 784-1000-10
 */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { D = 784, H = 1000, C = 10 };

/* Samples in a batch. */
static int B;
static float *images, *X, U[D * H], u[H], V[H * C], v[C], *Y, *Z, *dY;
static unsigned char *labels;

static unsigned char *read_idx(const char *folder, const char *name, size_t header, size_t bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  unsigned char *data = malloc(bytes);
  if (!file || fseek(file, (long)header, SEEK_SET) || fread(data, 1, bytes, file) != bytes) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(1);
  }
  fclose(file);
  return data;
}

static unsigned long long state = 1;
static double uniform(void) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (double)(state >> 11) / 9007199254740992.0;
}

static void initialise(float *values, int count, int inputs) {
  for (int i = 0; i < count; i++) values[i] = (float)((2 * uniform() - 1) / sqrt(inputs));
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One step; returns the batch's loss. */
static double step(const int *batch, float rate) {
  for (int s = 0; s < B; s++) memcpy(X + s * D, images + (size_t)batch[s] * D, D * sizeof(float));

  for (int s = 0; s < B; s++) memcpy(Y + s * H, u, H * sizeof(float));
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, B, H, D, 1, X, D, U, H, 1, Y, H);
  for (int i = 0; i < B * H; i++) Y[i] = Y[i] > 0 ? Y[i] : 0;
  for (int s = 0; s < B; s++) memcpy(Z + s * C, v, C * sizeof(float));
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, B, C, H, 1, Y, H, V, C, 1, Z, C);

  double loss = 0;
  for (int s = 0; s < B; s++) {
    float *z = Z + s * C, max = z[0], sum = 0;
    int target = labels[batch[s]];
    for (int j = 1; j < C; j++) max = z[j] > max ? z[j] : max;
    float target_z = z[target] - max;
    for (int j = 0; j < C; j++) sum += z[j] = expf(z[j] - max);
    for (int j = 0; j < C; j++) z[j] /= sum;
    z[target] -= 1;
    loss += logf(sum) - target_z;
  }

  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, B, H, C, 1, Z, C, V, C, 0, dY, H);
  for (int i = 0; i < B * H; i++) dY[i] = Y[i] > 0 ? dY[i] : 0;

  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, H, C, B, -rate, Y, H, Z, C, 1, V, C);
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, D, H, B, -rate, X, D, dY, H, 1, U, H);
  for (int s = 0; s < B; s++) {
    for (int j = 0; j < C; j++) v[j] -= rate * Z[s * C + j];
    for (int j = 0; j < H; j++) u[j] -= rate * dY[s * H + j];
  }
  return loss;
}

int main(int argc, char **argv) {
  if (argc != 8)
    return fprintf(stderr, "usage: openblas <folder> <threads> <epochs> <rate> <samples> <batch> 784-1000-10\n"), 2;
  const float rate = strtof(argv[4], NULL);
  const int samples = atoi(argv[5]);
  B = atoi(argv[6]);
  X = malloc((size_t)B * D * sizeof(float));
  Y = malloc((size_t)B * H * sizeof(float));
  Z = malloc((size_t)B * C * sizeof(float));
  dY = malloc((size_t)B * H * sizeof(float));
  unsigned char *pixels = read_idx(argv[1], "train-images-idx3-ubyte", 16, (size_t)samples * D);
  labels = read_idx(argv[1], "train-labels-idx1-ubyte", 8, (size_t)samples);
  openblas_set_num_threads(atoi(argv[2]));
  images = malloc((size_t)samples * D * sizeof(float));
  for (size_t i = 0; i < (size_t)samples * D; i++) images[i] = (float)pixels[i] / 255;
  free(pixels);
  initialise(U, D * H, D);
  initialise(u, H, D);
  initialise(V, H * C, H);
  initialise(v, C, H);

  int *order = malloc((size_t)samples * sizeof(int));
  for (int i = 0; i < samples; i++) order[i] = i;
  puts("{\"event\":\"ready\"}");
  fflush(stdout);
  for (int epoch = 1; epoch <= atoi(argv[3]); epoch++) {
    for (int i = samples - 1; i > 0; i--) {
      int j = (int)(uniform() * (i + 1)), moved = order[i];
      order[i] = order[j];
      order[j] = moved;
    }
    double start = seconds(), loss = 0;
    for (int first = 0; first < samples; first += B) loss += step(order + first, rate);
    printf("{\"epoch\":%d,\"train_loss\":%.6f,\"seconds\":%.4f}\n", epoch, loss / samples, seconds() - start);
    fflush(stdout);
  }
  return 0;
}
