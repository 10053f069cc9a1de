// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/remotedialog.h"

#include "app/remotechooser.h"
#include "base/error.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace helmscope {

using Kind = Remote::Kind;

RemoteDialog::RemoteDialog(const std::optional<Remote> &known, QWidget *parent)
    : QDialog(parent)
    , m_known(known.value_or(Remote()))
    , m_isNew(!known)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setModal(false);
    setWindowTitle(m_isNew ? tr("Add a server or remote") : tr("Change %1").arg(m_known.name));
    m_form = new QFormLayout(this);
    m_kind = new QComboBox;
    m_kind->addItem(tr("Metadata: a CMF server or a hub"), int(Kind::Metadata));
    m_kind->addItem(tr("Artifacts: files by content, in DVC's layout"), int(Kind::Artifacts));
    m_kind->addItem(tr("Versions: a git repository"), int(Kind::Versions));
    m_kind->setCurrentIndex(m_kind->findData(int(m_known.kind)));
    m_kind->setEnabled(m_isNew);
    m_form->addRow(tr("&Kind"), m_kind);
    m_name = addField(tr("&Name"), tr("hub"));
    m_name->setText(m_known.name);
    m_name->setEnabled(m_isNew);
    m_url = addField(tr("A&ddress"), {});
    m_url->setText(m_known.url);
    m_url->setMinimumWidth(fontMetrics().averageCharWidth() * 52);
    m_hint = new QLabel;
    m_hint->setObjectName("quiet");
    m_hint->setWordWrap(true);
    m_form->addRow(m_hint);
    m_endpoint = addField(tr("&Endpoint"), tr("https://minio.lab:9000; empty: Amazon's"));
    m_region = addField(tr("&Region"), tr("us-east-1"));
    m_addressing = new QComboBox;
    m_addressing->addItem(tr("bucket in the path"), QStringLiteral("path"));
    m_addressing->addItem(tr("bucket in the host's name"), QStringLiteral("virtual"));
    m_addressing->setCurrentIndex(
        std::max(0, m_addressing->findData(m_known.options.value("addressing"))));
    m_form->addRow(tr("Addres&sing"), m_addressing);
    m_authority = addField(tr("A&uthority"), tr("file of the certificate that signs the server's; "
                                                "empty: the system's"));
    m_endpoint->setText(m_known.options.value("endpointurl"));
    m_region->setText(m_known.options.value("region"));
    m_authority->setText(m_known.options.value("authority"));
    m_user = addField(tr("&User"), {});
    m_user->setText(m_known.options.value("user"));
    m_keyFile = addField(tr("Ke&y file"), tr("~/.ssh/id_ed25519; empty: the agent"));
    m_keyFile->setText(m_known.options.value("keyfile"));
    const QString stays = m_isNew ? QString() : tr("empty: what is kept stays");
    m_password = addField(tr("&Password"), stays, true);
    m_token = addField(tr("&Token"), stays, true);
    m_accessKey = addField(tr("A&ccess key"), stays);
    m_secretKey = addField(tr("Secret ke&y"), stays, true);
    m_secrets = new QLabel;
    m_secrets->setObjectName("quiet");
    m_secrets->setWordWrap(true);
    m_form->addRow(m_secrets);
    m_default = new QCheckBox(tr("Use it unless another one is named"));
    m_default->setChecked(m_isNew || m_known.isDefault);
    m_form->addRow(m_default);
    m_warning = new QLabel;
    m_warning->setWordWrap(true);
    m_form->addRow(m_warning);
    auto *buttons = new QDialogButtonBox;
    m_keep = buttons->addButton(m_isNew ? tr("Add") : tr("Keep"), QDialogButtonBox::AcceptRole);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    m_form->addRow(buttons);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &RemoteDialog::showFields);
    for (QLineEdit *field : {m_name, m_url})
        connect(field, &QLineEdit::textChanged, this, &RemoteDialog::showFields);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        emit given(remote(), credentials());
        accept();
    });
    setPlaceOfSecrets({});
    showFields();
}

QLineEdit *RemoteDialog::addField(const QString &name, const QString &hint, bool isSecret)
{
    auto *field = new QLineEdit;
    field->setPlaceholderText(hint);
    field->setAccessibleName(QString(name).remove('&'));
    if (isSecret)
        field->setEchoMode(QLineEdit::Password);
    m_form->addRow(name, field);
    return field;
}

void RemoteDialog::setPlaceOfSecrets(const QString &place)
{
    m_secrets->setText(
        place.isEmpty()
            ? tr("Secrets never go into the workspace, a version or a log.")
            : tr("Secrets are kept in %1, never in the workspace, a version or a log.").arg(place));
}

void RemoteDialog::showFields()
{
    const Kind kind = Kind(m_kind->currentData().toInt());
    const QString url = m_url->text().trimmed();
    const bool isHttp = url.startsWith("http://") || url.startsWith("https://");
    const bool isS3 = kind == Kind::Artifacts && url.startsWith("s3://");
    const bool isSsh = url.startsWith("ssh://") || url.startsWith("sftp://") ||
                       (kind == Kind::Versions && !isHttp && url.contains('@'));
    m_hint->setText(
        kind == Kind::Metadata
            ? tr("https://cmf.lab.org, or the address that helmscope-hub prints when it starts.")
        : kind == Kind::Artifacts
            ? tr("A folder, ssh://host/path, s3://bucket/prefix, or https://host/path (a hub's: "
                 "its "
                 "address with /artifacts).")
            : tr("https://host/group/samples.git, ssh://git@host/samples.git, or a folder."));
    m_form->setRowVisible(m_endpoint, isS3);
    m_form->setRowVisible(m_region, isS3);
    m_form->setRowVisible(m_addressing, isS3);
    m_form->setRowVisible(m_accessKey, isS3);
    m_form->setRowVisible(m_secretKey, isS3);
    m_form->setRowVisible(m_authority, isHttp || isS3);
    m_form->setRowVisible(m_token, isHttp);
    m_form->setRowVisible(m_user, isSsh || (isHttp && kind == Kind::Versions));
    m_form->setRowVisible(m_keyFile, isSsh);
    m_form->setRowVisible(m_password, isSsh || (isHttp && kind == Kind::Versions));
    m_form->setRowVisible(m_secrets, isHttp || isS3 || isSsh);
    const QString stays = m_isNew ? QString() : tr("empty: what is kept stays");
    m_password->setPlaceholderText(
        isSsh && m_isNew ? tr("of the user, or the pass phrase of the key file")
        : isSsh          ? tr("or the pass phrase of the key file; empty: what is kept stays")
                         : stays);
    check();
    adjustSize();
}

void RemoteDialog::check()
{
    QString objection;
    try {
        if (!m_name->text().trimmed().isEmpty() && !m_url->text().trimmed().isEmpty())
            checkRemote(remote());
    } catch (const Error &error) {
        objection = QString::fromUtf8(error.what());
    }
    const bool isGood = objection.isEmpty() && !m_name->text().trimmed().isEmpty() &&
                        !m_url->text().trimmed().isEmpty();
    m_keep->setEnabled(isGood);
    if (objection.isEmpty() && isGood && isInClear(remote()))
        objection = tr("Over plain http everybody on the way can read what is sent, the token "
                       "included: prefer https.");
    m_warning->setText(objection.isEmpty() ? QString() : QStringLiteral("⚠ ") + objection);
    m_warning->setVisible(!objection.isEmpty());
}

void RemoteDialog::setOption(Remote &remote, const char *key, const QLineEdit *field) const
{
    const QString text = field->text().trimmed();
    if (m_form->isRowVisible(const_cast<QLineEdit *>(field)) && !text.isEmpty())
        remote.options[key] = text;
    else
        remote.options.remove(key);
}

Remote RemoteDialog::remote() const
{
    Remote remote = m_known;
    remote.kind = Kind(m_kind->currentData().toInt());
    remote.name = m_name->text().trimmed();
    remote.url = m_url->text().trimmed();
    remote.isDefault = m_default->isChecked();
    setOption(remote, "endpointurl", m_endpoint);
    setOption(remote, "region", m_region);
    setOption(remote, "authority", m_authority);
    setOption(remote, "user", m_user);
    setOption(remote, "keyfile", m_keyFile);
    if (m_form->isRowVisible(m_addressing))
        remote.options["addressing"] = m_addressing->currentData().toString();
    else
        remote.options.remove("addressing");
    return remote;
}

Credentials RemoteDialog::credentials() const
{
    Credentials given;
    const auto shown = [this](const QLineEdit *field) {
        return m_form->isRowVisible(const_cast<QLineEdit *>(field)) ? field->text() : QString();
    };
    given.user = shown(m_user).trimmed();
    given.password = shown(m_password);
    given.token = shown(m_token).trimmed();
    given.accessKey = shown(m_accessKey).trimmed();
    given.secretKey = shown(m_secretKey).trimmed();
    given.keyFile = shown(m_keyFile).trimmed();
    return given;
}

} // namespace helmscope
