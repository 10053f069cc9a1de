// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "federation/remotes.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;

namespace helmscope {

/// Asks for a server or remote, and for what is needed to be let in.
class RemoteDialog final : public QDialog
{
    Q_OBJECT
public:
    /// `known`: it is changed; its kind and name stay.
    explicit RemoteDialog(const std::optional<Remote> &known, QWidget *parent = nullptr);

    void setPlaceOfSecrets(const QString &place); ///< shown below the fields
    Remote remote() const;
    /// Empty members were left empty.
    Credentials credentials() const;

signals:
    void given(const helmscope::Remote &remote, const helmscope::Credentials &credentials);

private:
    void showFields();
    void check();
    QLineEdit *addField(const QString &name, const QString &hint, bool isSecret = false);
    void setOption(Remote &remote, const char *key, const QLineEdit *field) const;

    Remote m_known;
    bool m_isNew = true;
    QFormLayout *m_form = nullptr;
    QComboBox *m_kind = nullptr, *m_addressing = nullptr;
    QLineEdit *m_name = nullptr, *m_url = nullptr, *m_authority = nullptr, *m_endpoint = nullptr,
              *m_region = nullptr, *m_user = nullptr, *m_password = nullptr, *m_token = nullptr,
              *m_keyFile = nullptr, *m_accessKey = nullptr, *m_secretKey = nullptr;
    QLabel *m_hint = nullptr, *m_secrets = nullptr, *m_warning = nullptr;
    QCheckBox *m_default = nullptr;
    QPushButton *m_keep = nullptr;
};

} // namespace helmscope
