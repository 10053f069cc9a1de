// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "workspace/sync/syncplan.h"

#include <QWidget>

#include <array>

class QComboBox;

namespace helmscope {

/// "Metadata", "Artifacts", "Versions", as users read them.
QString textOf(Remote::Kind kind);
/// "hub · http://127.0.0.1:8380", without anything secret.
QString textOf(const Remote &remote);

/// Which servers and remotes are meant: one of each kind, or none.
class RemoteChooser final : public QWidget
{
    Q_OBJECT
public:
    explicit RemoteChooser(QWidget *parent = nullptr);

    /// What was chosen stays chosen, else the defaults.
    void setRemotes(const std::vector<Remote> &remotes);
    SyncChoice choice() const;

signals:
    void changed();

private:
    std::vector<Remote> m_remotes;
    std::array<QComboBox *, 3> m_boxes{};
    bool m_isFilled = false;
};

} // namespace helmscope
