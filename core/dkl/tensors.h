// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"

#include <Eigen/Core>

// The parts of LibTorch that are used, and no more: 17 s instead of 6 s a file otherwise.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cholesky_inverse.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/mm.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <new>
#include <utility>

namespace helmscope {

/// A tensor that looks at `rows` x `columns` numbers of ours, row by row. No copy; ours must
/// outlive it.
template <typename Scalar>
at::Tensor rowMajorView(Scalar *data, Eigen::Index rows, Eigen::Index columns)
{
    using Plain = std::remove_const_t<Scalar>;
    return at::from_blob(const_cast<Plain *>(data), {rows, columns},
                         at::TensorOptions().dtype(c10::CppTypeToScalarType<Plain>::value));
}

/// The same for a matrix that lies column by column, as Eigen's do.
inline at::Tensor view(const Eigen::MatrixXd &matrix)
{
    return rowMajorView(matrix.data(), matrix.cols(), matrix.rows()).t();
}

/// Runs `work` without autograd and turns what LibTorch throws into an Error.
template <typename Work>
auto withTorch(Work &&work)
{
    try {
        const c10::InferenceMode noAutograd;
        return std::forward<Work>(work)();
    } catch (const c10::Error &error) {
        throw Error(std::string("LibTorch failed: ") + error.what_without_backtrace());
    } catch (const std::bad_alloc &) {
        throw Error("There is not enough memory for this many points; use fewer training points "
                    "or candidates.");
    }
}

} // namespace helmscope
