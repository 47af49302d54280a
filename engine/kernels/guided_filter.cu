// guided_filter: mattes refined against their photos, in four launches: the window sums of the moments along the rows,
// then down the columns and the linear fit; the window sums of the fits along the rows, then down the columns and the
// answer. A thread sums the first window of a short run directly and slides it along the run, in double; what passes
// from launch to launch is float32.
//
// Grid: x, as many blocks as guided_filter_launches counts; block: 256 threads, each for a run of 8 pixels of a row, or
// of 32 of a column, neighbouring threads having neighbouring columns.
// Bounds: reads the band and 2 × radius rows around it of guide and matte, cut off at the borders; writes the
// band's rows of the target and guided_workspace_bytes() of workspace, which holds [moments][rows][width], then
// [coefficients][rows][width]; the sums of the coefficients take the moments' place.
// Reference: engine.kernels.guided_filter.guided_filter. Error: at most 2e-5 for epsilon from 1e-4 and 2e-4 from 1e-6.
#include "packshot.cuh"

struct GuidedBand {  // GUIDED_BAND
    u64 guide;
    i64 guide_pitch_bytes;
    u64 matte;
    i64 matte_pitch_bytes;
    u64 target;
    i64 target_pitch_bytes;
    u64 workspace;
    int height, width, y, rows;
    unsigned first_block[4];
};
static_assert(sizeof(GuidedBand) == 88, "differs from GUIDED_BAND");

using Bands = const GuidedBand*;
constexpr int ROW_RUN = 8, COLUMN_RUN = 32;

template <int C>  // channels of the guide
struct Shape {
    static constexpr int ALPHA = C, GUIDE_ALPHA = C + 1, GUIDE_GUIDE = 2 * C + 1;  // where each kind of moment begins
    static constexpr int MOMENTS = GUIDE_GUIDE + C * (C + 1) / 2, COEFFICIENTS = C + 1;
};

struct Range {
    int first, past;
};

INLINE int saturate(i64 position, int size) { return position < 0 ? 0 : position > size ? size : (int)position; }

// The positions of an axis within `margin` of first..past-1.
INLINE Range widen(int first, int past, i64 margin, int size) {
    return Range{saturate(first - margin, size), saturate(past + margin, size)};
}

INLINE Range rows_within(const GuidedBand& band, i64 margin) {
    return widen(band.y, band.y + band.rows, margin, band.height);
}

// Planes of float32, [N][rows][width], that hold rows `rows` of the picture.
struct Planes {
    float* values;
    Range rows;
    int width;

    __device__ i64 size() const { return (i64)(rows.past - rows.first) * width; }
    __device__ float* at(int y, int x) const { return values + (i64)(y - rows.first) * width + x; }
};

INLINE Planes moments_of(const GuidedBand& band, int radius) {
    return Planes{(float*)band.workspace, rows_within(band, 2 * (i64)radius), band.width};
}

template <int C>
INLINE Planes coefficients_of(const GuidedBand& band, int radius) {
    const i64 before = Shape<C>::MOMENTS * moments_of(band, radius).size();
    return Planes{(float*)band.workspace + before, rows_within(band, radius), band.width};
}

INLINE Planes coefficient_sums_of(const GuidedBand& band, int radius) {
    return Planes{(float*)band.workspace, rows_within(band, radius), band.width};
}

template <int N>
INLINE void add_planes(const Planes& planes, int y, int x, double sign, double sums[N]) {
    const float* value = planes.at(y, x);
    for (int i = 0; i < N; ++i, value += planes.size()) sums[i] += sign * *value;
}

template <int N>
INLINE void store_planes(const Planes& planes, int y, int x, const double sums[N]) {
    float* value = planes.at(y, x);
    for (int i = 0; i < N; ++i, value += planes.size()) *value = (float)sums[i];
}

// The moments of one pixel, codes as they are: whole numbers, whose sums are exact.
template <int C>
INLINE void add_moments(const GuidedBand& band, int y, int x, double sign, double* sums) {
    const u8* guide = (const u8*)band.guide + y * band.guide_pitch_bytes + (i64)C * x;
    const double alpha = sign * ((const float*)((const u8*)band.matte + y * band.matte_pitch_bytes))[x];
    sums[Shape<C>::ALPHA] += alpha;
    for (int i = 0, pair = Shape<C>::GUIDE_GUIDE; i < C; ++i) {
        sums[i] += sign * guide[i];
        sums[Shape<C>::GUIDE_ALPHA + i] += alpha * guide[i];
        for (int j = i; j < C; ++j, ++pair) sums[pair] += sign * (double)(guide[i] * guide[j]);
    }
}

// ---- runs: a window's sums directly, then slid

// Call add(position, +1 or -1) so that the sums are those of the window around each position of the run in turn, and
// emit(position, window) there.
template <typename Add, typename Emit>
INLINE void slide(int first, int count, int radius, int size, Add add, Emit emit) {
    const Range start = widen(first, first + 1, radius, size);
    for (int at = start.first; at < start.past; ++at) add(at, 1.0);
    for (int position = first; position < min(first + count, size); ++position) {
        const i64 entering = (i64)position + radius, leaving = (i64)position - radius - 1;
        if (position > first && entering < size) add((int)entering, 1.0);
        if (position > first && leaving >= 0) add((int)leaving, -1.0);
        emit(position, widen(position, position + 1, radius, size));
    }
}

// The thread's run along a row of `rows`: its first column; false where there is none.
INLINE bool row_run(const GuidedBand& band, int pass, const Range& rows, int* y, int* x) {
    const u64 thread = (u64)(blockIdx.x - band.first_block[pass]) * THREADS + threadIdx.x;
    const unsigned runs = (unsigned)(band.width + ROW_RUN - 1) / ROW_RUN;
    *x = (int)(thread % runs) * ROW_RUN;
    *y = rows.first + (int)(thread / runs);
    return *y < rows.past;
}

// The thread's run down a column of `rows`: its first row and its length.
INLINE int column_run(const GuidedBand& band, int pass, const Range& rows, int* y, int* x) {
    const u64 thread = (u64)(blockIdx.x - band.first_block[pass]) * THREADS + threadIdx.x;
    *x = (int)(thread % (unsigned)band.width);
    *y = rows.first + (int)(thread / (unsigned)band.width) * COLUMN_RUN;
    return min(COLUMN_RUN, rows.past - *y);
}

INLINE GuidedBand band_of_block(Bands bands, unsigned count, int pass) {
    return bands[row_of_block(&bands->first_block[pass], sizeof(GuidedBand), count)];
}

// ---- the linear fit

// Solve A a = v for a symmetric, positive definite A by elimination; the answer replaces v.
template <int C>
INLINE void solve(double matrix[C][C], double* vector) {
    for (int k = 0; k < C; ++k)
        for (int i = k + 1; i < C; ++i) {
            const double factor = matrix[i][k] / matrix[k][k];
            for (int j = k; j < C; ++j) matrix[i][j] -= factor * matrix[k][j];
            vector[i] -= factor * vector[k];
        }
    for (int i = C - 1; i >= 0; --i) {
        for (int j = i + 1; j < C; ++j) vector[i] -= matrix[i][j] * vector[j];
        vector[i] /= matrix[i][i];
    }
}

// The sums of a window's moments over `pixels` pixels to the fit: C slopes and an offset, for a guide in 0..1.
template <int C>
INLINE void fit(const double* sums, double pixels, double epsilon, double* coefficients) {
    const double mean_alpha = sums[Shape<C>::ALPHA] / pixels;
    double mean[C], matrix[C][C];
    for (int i = 0; i < C; ++i) mean[i] = sums[i] / (255.0 * pixels);
    for (int i = 0, pair = Shape<C>::GUIDE_GUIDE; i < C; ++i) {
        coefficients[i] = sums[Shape<C>::GUIDE_ALPHA + i] / (255.0 * pixels) - mean[i] * mean_alpha;
        for (int j = i; j < C; ++j, ++pair)
            matrix[i][j] = matrix[j][i] = sums[pair] / (65025.0 * pixels) - mean[i] * mean[j];
        matrix[i][i] += epsilon;
    }
    solve<C>(matrix, coefficients);
    coefficients[C] = mean_alpha;
    for (int i = 0; i < C; ++i) coefficients[C] -= coefficients[i] * mean[i];
}

// ---- the four passes

template <int C>
INLINE void sum_moments(Bands bands, unsigned count, int radius) {
    const GuidedBand band = band_of_block(bands, count, 0);
    const Planes planes = moments_of(band, radius);
    int y, x;
    if (!row_run(band, 0, planes.rows, &y, &x)) return;
    double sums[Shape<C>::MOMENTS] = {};
    slide(x, ROW_RUN, radius, band.width,
          [&](int at, double sign) { add_moments<C>(band, y, at, sign, sums); },
          [&](int at, const Range&) { store_planes<Shape<C>::MOMENTS>(planes, y, at, sums); });
}

template <int C>
INLINE void fit_windows(Bands bands, unsigned count, int radius, float epsilon) {
    const GuidedBand band = band_of_block(bands, count, 1);
    const Planes planes = moments_of(band, radius), fits = coefficients_of<C>(band, radius);
    int y, x;
    const int length = column_run(band, 1, fits.rows, &y, &x);
    if (length <= 0) return;
    const Range across = widen(x, x + 1, radius, band.width);
    double sums[Shape<C>::MOMENTS] = {};
    slide(y, length, radius, band.height,
          [&](int at, double sign) { add_planes<Shape<C>::MOMENTS>(planes, at, x, sign, sums); },
          [&](int at, const Range& down) {
              double coefficients[C + 1];
              fit<C>(sums, (double)(down.past - down.first) * (across.past - across.first), epsilon, coefficients);
              store_planes<C + 1>(fits, at, x, coefficients);
          });
}

template <int C>
INLINE void sum_coefficients(Bands bands, unsigned count, int radius) {
    const GuidedBand band = band_of_block(bands, count, 2);
    const Planes fits = coefficients_of<C>(band, radius), planes = coefficient_sums_of(band, radius);
    int y, x;
    if (!row_run(band, 2, fits.rows, &y, &x)) return;
    double sums[C + 1] = {};
    slide(x, ROW_RUN, radius, band.width,
          [&](int at, double sign) { add_planes<C + 1>(fits, y, at, sign, sums); },
          [&](int at, const Range&) { store_planes<C + 1>(planes, y, at, sums); });
}

template <int C>
INLINE void apply_fits(Bands bands, unsigned count, int radius) {
    const GuidedBand band = band_of_block(bands, count, 3);
    const Planes planes = coefficient_sums_of(band, radius);
    int y, x;
    const int length = column_run(band, 3, rows_within(band, 0), &y, &x);
    if (length <= 0) return;
    const Range across = widen(x, x + 1, radius, band.width);
    double sums[C + 1] = {};
    slide(y, length, radius, band.height,
          [&](int at, double sign) { add_planes<C + 1>(planes, at, x, sign, sums); },
          [&](int at, const Range& down) {
              const u8* guide = (const u8*)band.guide + at * band.guide_pitch_bytes + (i64)C * x;
              double answer = sums[C];
              for (int i = 0; i < C; ++i) answer += sums[i] * guide[i] / 255.0;
              answer /= (double)(down.past - down.first) * (across.past - across.first);
              ((float*)((u8*)band.target + at * band.target_pitch_bytes))[x] = fminf(fmaxf((float)answer, 0.0f), 1.0f);
          });
}

KERNEL guided_moments_color(Bands bands, unsigned count, int radius, float) { sum_moments<3>(bands, count, radius); }
KERNEL guided_moments_grey(Bands bands, unsigned count, int radius, float) { sum_moments<1>(bands, count, radius); }
KERNEL guided_solve_color(Bands bands, unsigned count, int radius, float epsilon) {
    fit_windows<3>(bands, count, radius, epsilon);
}
KERNEL guided_solve_grey(Bands bands, unsigned count, int radius, float epsilon) {
    fit_windows<1>(bands, count, radius, epsilon);
}
KERNEL guided_coefficients_color(Bands bands, unsigned count, int radius, float) {
    sum_coefficients<3>(bands, count, radius);
}
KERNEL guided_coefficients_grey(Bands bands, unsigned count, int radius, float) {
    sum_coefficients<1>(bands, count, radius);
}
KERNEL guided_apply_color(Bands bands, unsigned count, int radius, float) { apply_fits<3>(bands, count, radius); }
KERNEL guided_apply_grey(Bands bands, unsigned count, int radius, float) { apply_fits<1>(bands, count, radius); }
